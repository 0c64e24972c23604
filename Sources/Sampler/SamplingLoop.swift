import FrameDecoding

/// Takes samples at fixed moments until the time is up, the target is gone or the user has enough.
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

        public init(
            record: @escaping (Sample) -> Void,
            goesOn: @escaping (Int32, Bool) -> Bool = { _, _ in false },
            isOver: @escaping () -> Bool = { false }
        ) {
            self.record = record
            self.goesOn = goesOn
            self.isOver = isOver
        }
    }

    /// Deadlines are absolute: lateness does not add up, and ticks that were missed are counted, not
    /// caught up with.
    public func run(
        _ sampler: Sampler, tracees: Tracees, gate: SignalGate, _ handlers: Handlers
    ) {
        let start = monotonicNow()
        let end = duration.map { start + $0 }
        var next = start
        while true {
            switch gate.wait(until: next) {
            case .interrupted(let signal, let sent):
                if handlers.goesOn(signal, sent) { continue }
                return
            case .child:
                tracees.handleEvents()
                if sampler.isTargetGone || handlers.isOver() { return }
                continue
            case .deadline: break
            }
            if let end, next >= end, next > start { return }
            let sample = sampler.sample()
            tracees.handleEvents()
            if sampler.isTargetGone || handlers.isOver() { return }
            handlers.record(sample)
            if duration == 0 { return }

            next += interval
            let now = monotonicNow()
            if next < now {
                let late = (now - next) / interval + 1
                sampler.miss(Int(late))
                next += late * interval
            }
        }
    }
}
