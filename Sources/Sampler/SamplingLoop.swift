import FrameDecoding

/// Takes samples at fixed moments until the time is up, the target is gone or the user has enough.
public struct SamplingLoop {
    /// Nanoseconds between two samples.
    public var interval: UInt64
    /// Nanoseconds of sampling; 0 takes one sample, nil goes on until the target ends.
    public var duration: UInt64?

    public enum End: Equatable, Sendable {
        case timeUp
        case targetGone
        case interrupted(Int32)
    }

    public init(interval: UInt64, duration: UInt64?) {
        self.interval = max(interval, 1)
        self.duration = duration
    }

    /// Deadlines are absolute: lateness does not add up, and ticks that were missed are counted in
    /// `missed`, not caught up with.
    public func run(
        _ sampler: Sampler, tracees: Tracees, gate: SignalGate, missed: inout Int,
        record: (Sample) -> Void
    ) -> End {
        let start = monotonicNow()
        let end = duration.map { start + $0 }
        var next = start
        while true {
            switch gate.wait(until: next) {
            case .interrupted(let signal): return .interrupted(signal)
            case .child:
                tracees.handleEvents()
                if sampler.isTargetGone { return .targetGone }
                continue
            case .deadline: break
            }
            if let end, next >= end, next > start { return .timeUp }
            let sample = sampler.sample()
            tracees.handleEvents()
            if sampler.isTargetGone { return .targetGone }
            record(sample)
            if duration == 0 { return .timeUp }

            next += interval
            let now = monotonicNow()
            if next < now {
                let late = (now - next) / interval + 1
                missed += Int(late)
                next += late * interval
            }
        }
    }
}
