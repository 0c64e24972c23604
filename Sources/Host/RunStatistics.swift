import Attach
import FrameDecoding
import Glibc
import Sampler
import System

/// Marks the beginning of sampling: wall time and pyflame's own processor time.
struct RunClock {
    /// Nanoseconds since the Unix epoch.
    let startedAt = nanoseconds(on: CLOCK_REALTIME)
    /// On the monotonic clock, in nanoseconds.
    let start = monotonicNow()
    private let processor = nanoseconds(on: CLOCK_PROCESS_CPUTIME_ID)
    /// How long pyflame was stopped meanwhile, which is no part of the run.
    var suspended: UInt64 = 0

    var elapsed: UInt64 { monotonicNow() - start - suspended }
    var spent: UInt64 { nanoseconds(on: CLOCK_PROCESS_CPUTIME_ID) - processor }
}

/// How a run went: what `--stats` tells, and what formats say.
struct RunStatistics {
    let summary: RunSummary
    private let sampling: Statistics
    private let spent: UInt64
    private let processes: ProcessCounts?

    /// For a run that `clock` saw begin and that ends now; `processes` when it was of many.
    init(
        sampling: Statistics, clock: RunClock, options: Options,
        processes: ProcessCounts? = nil
    ) {
        self.processes = processes
        self.sampling = sampling
        spent = clock.spent
        summary = RunSummary(
            startedAt: clock.startedAt, start: clock.start, duration: clock.elapsed,
            interval: options.interval, mode: options.mode,
            samples: sampling.samples, missed: sampling.missed, failed: sampling.failed,
            idle: sampling.idle)
    }

    var text: String {
        let count = max(sampling.samples, 1)
        let stops = sampling.stopTimes
        return """
            samples:      \(sampling.samples) in \(seconds(summary.duration)) s
            missed:       \(sampling.missed)
            failed:       \(sampling.failed)
            idle:         \(sampling.idle)
            retried:      \(sampling.retries)
            rejected:     \(sampling.rejected), readings that were not of one moment
            stops:        \(sampling.stops), of the target's threads
            stopped:      median \(microseconds(stops.quantile(0.5))) us, \
            p99 \(microseconds(stops.quantile(0.99))) us, total \(microseconds(stops.total)) us
            memory reads: \(tenths(sampling.memoryReads * 10 / count)) per sample, \
            median \(sampling.readsOfEach.median)
            system calls: \(tenths(sampling.systemCalls * 10 / count)) per sample, \
            median \(sampling.callsOfEach.median)
            own CPU time: \(microseconds(spent / UInt64(count))) us per sample, \
            \(microseconds(spent)) us in all

            """ + (processes.map(text) ?? "")
    }

    private func text(_ processes: ProcessCounts) -> String {
        let found = processes.foundAfter
        var text = """
            processes:    \(processes.seen) seen: \(processes.sampled) sampled, \(processes.shortLived) too \
            short-lived, \(processes.notPython) not Python, \(processes.unreadable) unreadable
            newborns:     found after: median \(microseconds(found.quantile(0.5))) us, \
            p99 \(microseconds(found.quantile(0.99))) us (\(found.count) found)
            files:        \(processes.filesRead) looked into, \(processes.filesKnown) times one was known already

            """
        if let problem = processes.lastProblem { text += "unreadable:   \(problem)\n" }
        return text
    }

    private func microseconds(_ nanoseconds: UInt64) -> String { tenths(Int(nanoseconds / 100)) }
    private func seconds(_ nanoseconds: UInt64) -> String { tenths(Int(nanoseconds / 100_000_000)) }
    private func tenths(_ value: Int) -> String { "\(value / 10).\(value % 10)" }
}
