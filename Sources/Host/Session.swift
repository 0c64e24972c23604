import FrameDecoding
import Glibc
import Sampler
import System

/// The profile of one process that runs elsewhere, from its first sample to its last; pyflame may be stopped for a
/// while in between (Ctrl-Z), and then holds nothing of the process.
final class Session {
    private let pid: pid_t
    private let sampler: Sampler
    private let tracees: Tracees
    private let sink: any SampleSink
    private let live: LiveSession?
    private let options: Options
    private let progress: Progress?
    private var clock = RunClock()
    private var loop: SamplingLoop
    private var suspendedAt: UInt64 = 0

    init(
        pid: pid_t, sampler: Sampler, tracees: Tracees, sink: any SampleSink, live: LiveSession?, options: Options
    ) {
        self.pid = pid
        self.sampler = sampler
        self.tracees = tracees
        self.sink = sink
        self.live = live
        self.options = options
        progress = live == nil ? Progress(interval: options.interval, duration: options.duration) : nil
        loop = SamplingLoop(
            interval: options.interval,
            duration: live != nil && !options.hasDuration ? nil : options.duration)
    }

    /// Takes samples until all is done, or pyflame is to stop; on a tracer thread.
    func sample(_ gate: SignalGate) -> SamplingLoop.End {
        let end = loop.run(
            sampler, tracees: tracees, gate: gate,
            SamplingLoop.Handlers(
                record: { [self] sample in
                    sink.record(sample)
                    progress?.update(at: sample.time, sampler.statistics)
                    live?.note(missed: sampler.statistics.missed)
                },
                // Under nohup, a hang-up is no reason to end.
                goesOn: { signal, _ in SignalDisposition.isIgnored(signal) },
                isOver: { [live] in live?.isOver ?? false },
                // Without stops nothing is held.
                leavesToStop: !options.nonblocking))
        if case .suspended(let left) = end {
            loop.duration = left.map { max($0, 1) }
            suspendedAt = monotonicNow()
        }
        return end
    }

    /// On the next tracer thread; 0 or an errno.
    func resume() -> Int32 {
        let pause = monotonicNow() - suspendedAt
        clock.suspended += pause
        progress?.skip(pause)
        return sampler.takeUpAgain()
    }

    func finish(_ gate: SignalGate) -> RunStatistics {
        if sampler.isTargetGone {
            live?.linger("process \(pid) has ended or become another program", gate: gate, tracees)
        }
        live?.stop()
        progress?.end()
        return RunStatistics(
            sampling: sampler.statistics, clock: clock, options: options)
    }
}
