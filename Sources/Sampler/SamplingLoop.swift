import CLinux
import FrameDecoding

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
    /// The processor that the loop's thread keeps to and a target needs, so that it had better sleep; nil when there
    /// is none.
    var sharedProcessor: Int? { get }
    /// Who keeps the time for a thread on such a processor; nil when it has to do so itself.
    func pacer(interval: UInt64) -> Pacer?
    /// No sample may be taken before (monotonic nanoseconds).
    var earliestSample: UInt64 { get }
    /// The loop ends, on its own thread.
    func endSampling()
}

extension SampledTargets {
    public var nextAttention: UInt64 { .max }
    public func attend() {}
    public var sharedProcessor: Int? { nil }
    public func pacer(interval: UInt64) -> Pacer? { nil }
    public var earliestSample: UInt64 { 0 }
    public func endSampling() {}
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
        let start = monotonicNow()
        let end = duration.map { start + $0 }
        var deadlines = Deadlines(start: start, interval: interval, seed: start)
        SignalGate.wakeInTime()
        defer { targets.endSampling() }
        // Most of it found the interpreter, and is not needed again.
        if duration != 0 { cl_release_code() }
        while true {
            let next = min(max(deadlines.next, targets.earliestSample), end ?? .max)
            let attention = targets.nextAttention
            tracees.noteWait()
            switch wait(for: targets, until: min(next, attention), gate) {
            case .interrupted(let signal, let sent):
                if handlers.goesOn(signal, sent) { continue }
                return .over
            case .suspended:
                if handlers.leavesToStop { return .suspended(left: end.map { $0 - min(monotonicNow(), $0) }) }
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
            if targets.sharedProcessor != nil {
                targets.pacer(interval: interval)?.expect(deadlines.upcoming)
            }
            targets.sampleAll(handlers.record)
            tracees.handleHiddenEvents()
            if targets.isGone || handlers.isOver() || duration == 0 { return .over }
            targets.miss(deadlines.advance(past: min(monotonicNow(), (end ?? .max) - 1)))
        }
    }
    private func wait(
        for targets: any SampledTargets, until moment: UInt64, _ gate: SignalGate
    ) -> SignalGate.Event {
        guard let processor = targets.sharedProcessor else { return gate.wait(until: moment) }
        guard let pacer = targets.pacer(interval: interval) else {
            return gate.wait(until: moment, spinning: false)
        }
        return gate.wait(until: moment, pacer, on: processor)
    }
}
