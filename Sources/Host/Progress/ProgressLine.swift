import Sampler

/// What the line of progress says: time left, samples, missed, failed, idle share, rate reached.
struct ProgressLine {
    /// Nanoseconds, as all times here.
    var elapsed: UInt64
    var duration: UInt64
    var interval: UInt64
    var samples: Int
    /// Moments at which samples were taken.
    var ticks: Int
    var failed: Int
    var idle: Int

    init(
        elapsed: UInt64, duration: UInt64, interval: UInt64, statistics: Statistics, ticks: Int? = nil
    ) {
        self.ticks = ticks ?? statistics.samples
        self.elapsed = elapsed
        self.duration = duration
        self.interval = interval
        samples = statistics.samples
        failed = statistics.failed
        idle = statistics.idle
    }

    /// Without control characters, so that it can be cut to the terminal's width.
    var text: String {
        "pyflame: \(clock(left)) left, \(samples) samples, \(missed) missed, \(failed) failed, "
            + "\(idle * 100 / max(samples, 1))% idle, \(rate) Hz"
    }

    /// Seconds, the begun one included: 0 is never shown before the end.
    private var left: UInt64 {
        elapsed < duration ? (duration - elapsed + 999_999_999) / 1_000_000_000 : 0
    }

    /// Ticks have fixed moments: those that have passed without a sample were missed.
    private var missed: Int { max(0, Int(elapsed / max(interval, 1)) + 1 - ticks) }

    /// The first sample is taken at once, so n of them span n - 1 intervals.
    private var rate: String {
        let tenths = Double(ticks) * 10e9 / (Double(elapsed) + Double(max(interval, 1)))
        let whole = Int(tenths.rounded())
        return "\(whole / 10).\(whole % 10)"
    }

    private func clock(_ seconds: UInt64) -> String {
        func two(_ number: UInt64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let minutes = "\(two(seconds % 60))"
        return seconds < 3600
            ? "\(seconds / 60):\(minutes)"
            : "\(seconds / 3600):\(two(seconds / 60 % 60)):\(minutes)"
    }
}
