/// How long a sampler that sits on the target's processor has it for each sample, with going to sleep and waking up and
/// all that is done between two samples: its own processor time, looked at now and then. Nanoseconds.
struct SampleCost {
    private var usual: UInt64 = 30_000
    private var samples: UInt64 = 0
    private var timeBefore: UInt64?
    private static let samplesPerLook: UInt64 = 64

    /// One sample more was taken; whether the clock is to be looked at (`note`).
    mutating func isLookDue() -> Bool {
        samples += 1
        return timeBefore == nil || samples >= Self.samplesPerLook
    }

    /// `time`: the processor time of the sampler's thread so far.
    mutating func note(_ time: UInt64) {
        if let timeBefore, time > timeBefore { usual = (time - timeBefore) / samples }
        timeBefore = time
        samples = 0
    }

    /// What the next sample is expected to cost when reading takes `readTime`. Samples that were taken in other ways
    /// are in the processor time as well, so there is a bound on what is believed.
    func expected(readTime: UInt64) -> UInt64 { min(usual, 3 * readTime + 15_000) }
}
