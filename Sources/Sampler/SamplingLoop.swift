import FrameDecoding
import System

/// What a loop samples at each tick: one process, or many.
public protocol SampledTargets: AnyObject {
    /// Takes a sample of each process now.
    func sampleAll(_ record: (Sample) -> Void)
    /// Notes `ticks` that passed without a sample.
    func miss(_ ticks: Int)
    /// Whether there is nothing left to sample.
    var isGone: Bool { get }
    /// When `attend` wants to be called, if no tick is earlier (monotonic nanoseconds).
    var nextAttention: UInt64 { get }
    /// Looks after the targets between two ticks.
    func attend()
    /// Whether the loop's thread is on a processor that a target needs, and had better sleep.
    var sharesCore: Bool { get }
    /// No sample may be taken before (monotonic nanoseconds).
    var earliestSample: UInt64 { get }
    /// The next sample was waited for with so many system calls.
    func noteWaiting(calls: Int)
    /// The loop ends, on its own thread; it made so many system calls.
    func endSampling(systemCalls: Int)
}

extension SampledTargets {
    public var nextAttention: UInt64 { .max }
    public func attend() {}
    public var sharesCore: Bool { false }
    public var earliestSample: UInt64 { 0 }
    public func noteWaiting(calls: Int) {}
}

/// Takes samples, one in each interval, until the time is up, the target is gone or the user has enough.
public struct SamplingLoop {
    /// Nanoseconds between two samples.
    public var interval: UInt64
    /// Nanoseconds of sampling; 0 takes one sample, nil goes on until the target ends.
    public var duration: UInt64?

    public init(interval: UInt64, duration: UInt64?) {
        self.interval = max(interval, 1)
        self.duration = duration
    }

    /// What the loop asks of, and tells, whoever runs it.
    public struct Handlers {
        public var record: (Sample) -> Void
        /// A signal came; whether to go on.
        public var goesOn: (_ signal: Int32, _ sent: Bool) -> Bool
        /// Asked after every event: whether there is another reason to end.
        public var isOver: () -> Bool
        /// Whether the loop returns when pyflame is to stop for a while; otherwise it stops within the loop,
        /// and what is traced stays so.
        public var leavesToStop: Bool

        public init(
            record: @escaping (Sample) -> Void,
            goesOn: @escaping (Int32, Bool) -> Bool = { _, _ in false },
            isOver: @escaping () -> Bool = { false },
            leavesToStop: Bool = false
        ) {
            self.leavesToStop = leavesToStop
            self.record = record
            self.goesOn = goesOn
            self.isOver = isOver
        }
    }

    public enum End: Equatable, Sendable {
        case over
        /// pyflame is to stop for a while; so much of the duration is left (nanoseconds).
        case suspended(left: UInt64?)
    }

    /// Ticks that were missed are counted, not caught up with.
    @discardableResult
    public func run(
        _ targets: any SampledTargets, tracees: Tracees, gate: SignalGate, _ handlers: Handlers
    ) -> End {
        let kernel = gate.kernel
        let start = kernel.monotonicNow()
        let end = duration.map { start + $0 }
        var schedule = SamplingSchedule(start: start, interval: interval, seed: start)
        gate.wakeInTime()
        let timers = duration == 0 ? nil : TimerPair(kernel: kernel)
        let callsAtStart = kernel.calls
        defer { targets.endSampling(systemCalls: kernel.calls - callsAtStart) }
        // Most of it found the interpreter, and is not needed again.
        if duration != 0 { Linux.shared.releaseCode() }
        while true {
            let next = min(max(schedule.next, targets.earliestSample), end ?? .max)
            let attention = targets.nextAttention
            let callsBefore = kernel.calls
            switch gate.wait(until: min(next, attention), spinning: !targets.sharesCore, timers) {
            case .interrupted(let signal, let sent):
                if handlers.goesOn(signal, sent) { continue }
                return .over
            case .suspended:
                if handlers.leavesToStop { return .suspended(left: end.map { $0 - min(kernel.monotonicNow(), $0) }) }
                gate.stop()
                continue
            case .child:
                tracees.handleEvents()
                if targets.isGone || handlers.isOver() { return .over }
                continue
            case .deadline where attention < next:
                targets.attend()
                tracees.handleEvents()
                if targets.isGone || handlers.isOver() { return .over }
                continue
            case .deadline: break
            }
            if let end, next >= end, end > start { return .over }
            // A moment that comes at once would only wake this thread for nothing.
            let later = schedule.moment(ahead: 2)
            if later > kernel.monotonicNow() + Linux.shortestSleep { _ = timers?.set(for: later) }
            targets.noteWaiting(calls: kernel.calls - callsBefore)
            targets.sampleAll(handlers.record)
            tracees.handleHiddenEvents()
            if targets.isGone || handlers.isOver() || duration == 0 { return .over }
            targets.miss(schedule.advance(past: min(kernel.monotonicNow(), (end ?? .max) - 1)))
        }
    }
}
