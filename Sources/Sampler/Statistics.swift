/// What a run did and what it cost.
public struct Statistics: Sendable {
    /// Samples that were taken, failed ones among them.
    public var samples = 0
    /// Ticks that passed while the sampler was late.
    public var missed = 0
    public var failed = 0
    public var idle = 0
    /// Attempts that were given up because the target moved on, and made anew.
    public var retries = 0
    /// Readings that were seen not to be of one moment (--nonblocking), and made anew.
    public var rejected = 0
    /// How many system calls the sampling loop made, with all that it did between two samples.
    public var systemCalls = 0
    /// How often the target's memory was read.
    public var memoryReads = 0
    /// The same, of each sample for itself.
    public var readsOfEach = CountHistogram()
    /// How many system calls each sample took: the wait for its moment among them, but not those that asked in vain
    /// whether a thread has stopped.
    public var callsOfEach = CountHistogram()
    /// How often a thread of the target was stopped.
    public var stops = 0
    /// How long the target's threads were stopped, each time: nanoseconds.
    public var stopTimes = DurationHistogram()

    public init() {}

    /// Adds what another run did.
    public mutating func add(_ other: Statistics) {
        samples += other.samples
        missed += other.missed
        failed += other.failed
        idle += other.idle
        retries += other.retries
        rejected += other.rejected
        systemCalls += other.systemCalls
        memoryReads += other.memoryReads
        readsOfEach.add(other.readsOfEach)
        callsOfEach.add(other.callsOfEach)
        stops += other.stops
        stopTimes.add(other.stopTimes)
    }
}

/// Durations in buckets of about 3 % width: exact enough for percentiles, and of fixed size.
public struct DurationHistogram: Sendable {
    private var counts = [UInt32](repeating: 0, count: 64 * 32)
    public private(set) var count = 0
    /// Nanoseconds.
    public private(set) var total: UInt64 = 0

    public init() {}

    public mutating func add(_ nanoseconds: UInt64) {
        counts[Self.bucket(nanoseconds)] &+= 1
        count += 1
        total &+= nanoseconds
    }

    public mutating func add(_ other: DurationHistogram) {
        for index in counts.indices { counts[index] &+= other.counts[index] }
        count += other.count
        total &+= other.total
    }

    /// The duration below which `share` (0 to 1) of all lie; 0 when there are none.
    public func quantile(_ share: Double) -> UInt64 {
        var left = Int((Double(count) * share).rounded(.up))
        for (index, bucket) in counts.enumerated() where bucket > 0 {
            left -= Int(bucket)
            if left <= 0 { return Self.value(index) }
        }
        return 0
    }

    // Five bits behind the leading one.
    private static func bucket(_ value: UInt64) -> Int {
        guard value >= 32 else { return Int(value) }
        let exponent = 63 - value.leadingZeroBitCount
        return (exponent - 4) * 32 + Int(value >> UInt64(exponent - 5) & 31)
    }

    private static func value(_ bucket: Int) -> UInt64 {
        guard bucket >= 32 else { return UInt64(bucket) }
        let exponent = bucket / 32 + 4
        return (32 + UInt64(bucket % 32)) << UInt64(exponent - 5)
    }
}

/// How often each small number was counted. Its median is what a sample usually costs, whatever a few samples met with
/// on a loaded machine.
public struct CountHistogram: Sendable {
    /// The last one stands for all larger numbers, too.
    private var counts = [UInt32](repeating: 0, count: 128)

    public init() {}

    public mutating func add(_ value: Int) {
        counts[min(max(value, 0), counts.count - 1)] &+= 1
    }

    public mutating func add(_ other: CountHistogram) {
        for index in counts.indices { counts[index] &+= other.counts[index] }
    }

    /// 0 of nothing.
    public var median: Int {
        var left = (counts.reduce(0) { $0 + Int($1) } + 1) / 2
        for (value, count) in counts.enumerated() where count > 0 {
            left -= Int(count)
            if left <= 0 { return value }
        }
        return 0
    }
}
