import Glibc
import Sampler

/// Marks the beginning of sampling: wall time and pyflame's own processor time.
struct RunClock {
    private let wall = monotonicNow()
    private let processor = RunClock.processorTime()

    var elapsed: UInt64 { monotonicNow() - wall }
    var spent: UInt64 { Self.processorTime() - processor }

    private static func processorTime() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}

/// What `--stats` tells.
struct RunStatistics {
    private let sampling: Statistics
    private let systemCalls: Int
    private let elapsed: UInt64
    private let spent: UInt64

    init(sampling: Statistics, systemCalls: Int, clock: RunClock) {
        self.sampling = sampling
        self.systemCalls = systemCalls
        elapsed = clock.elapsed
        spent = clock.spent
    }

    var text: String {
        let count = max(sampling.samples, 1)
        let stops = sampling.stopTimes
        return """
            samples:      \(sampling.samples) in \(seconds(elapsed)) s
            missed:       \(sampling.missed)
            failed:       \(sampling.failed)
            idle:         \(sampling.idle)
            retried:      \(sampling.retries)
            stops:        \(sampling.stops), of the target's threads
            stopped:      median \(microseconds(stops.quantile(0.5))) us, \
            p99 \(microseconds(stops.quantile(0.99))) us, total \(microseconds(stops.total)) us
            system calls: \(tenths(systemCalls * 10 / count)) per sample
            own CPU time: \(microseconds(spent / UInt64(count))) us per sample, \
            \(microseconds(spent)) us in all

            """
    }

    private func microseconds(_ nanoseconds: UInt64) -> String { tenths(Int(nanoseconds / 100)) }
    private func seconds(_ nanoseconds: UInt64) -> String { tenths(Int(nanoseconds / 100_000_000)) }
    private func tenths(_ value: Int) -> String { "\(value / 10).\(value % 10)" }
}
