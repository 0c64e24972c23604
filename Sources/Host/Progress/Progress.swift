import Sampler
import System

/// Keeps whoever sits at the terminal informed during a profile of more than a second.
///
/// Only of a process that runs elsewhere: under `-t` the terminal is the command's.
final class Progress {
    private let line: TerminalLine
    private let interval: UInt64
    private let duration: UInt64
    private var start: UInt64
    private var next: UInt64

    /// Nanoseconds between two updates: four a second.
    private static let pause: UInt64 = 250_000_000

    /// Nil when there is nobody to inform, or not long enough. Nanoseconds.
    init?(interval: UInt64, duration: UInt64) {
        guard duration > 1_000_000_000, let line = TerminalLine() else { return nil }
        self.line = line
        self.interval = interval
        self.duration = duration
        start = monotonicNow()
        next = start + Self.pause
    }

    /// To be called after every sample; does nothing most of the time.
    /// `ticks` when each brings several samples.
    func update(
        at now: UInt64, _ statistics: @autoclosure () -> Statistics, ticks: Int? = nil
    ) {
        guard now >= next else { return }
        next = now + Self.pause
        line.show(
            ProgressLine(
                elapsed: now - start, duration: duration, interval: interval,
                statistics: statistics(), ticks: ticks
            ).text)
    }

    /// Leaves out `time` (nanoseconds) in which nothing was done.
    func skip(_ time: UInt64) { start += time }

    /// Leaves the terminal as it was.
    func end() { line.clear() }
}
