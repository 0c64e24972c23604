/// When samples are due: one in each interval, at a random moment of it.
///
/// At fixed moments a program that does the same in each interval, or in a fraction or a multiple of it,
/// would always be seen at the same place. As each interval has one moment, the mean rate is exact
/// and lateness does not add up.
public struct SamplingSchedule {
    private let start: UInt64
    private let interval: UInt64
    private var tick: UInt64 = 0
    private var random: UInt64
    /// Which moments of the next intervals, one behind the other.
    private var places: [UInt64] = []
    /// Monotonic nanoseconds. The first sample is due at once.
    public private(set) var next: UInt64

    /// `seed` decides over the moments; nanoseconds.
    public init(start: UInt64, interval: UInt64, seed: UInt64) {
        self.start = start
        self.interval = max(interval, 1)
        random = seed
        next = start
        for _ in 0..<Self.known { places.append(randomValue() % self.interval) }
    }

    /// So many moments after the next are known.
    private static let known = 2

    /// What `next` will be after one interval or two (`count`), if none is passed over.
    public func moment(ahead count: Int) -> UInt64 {
        start &+ (tick &+ UInt64(count)) &* interval &+ places[count - 1]
    }

    /// Goes on to the next interval that is not over at `now`; returns how many were passed over.
    public mutating func advance(past now: UInt64) -> Int {
        tick += 1
        var missed: UInt64 = 0
        if now > start {
            let current = (now - start) / interval
            if current > tick {
                missed = current - tick
                tick = current
            }
        }
        next = start &+ tick &* interval &+ places.removeFirst()
        places.append(randomValue() % interval)
        return Int(missed)
    }

    /// SplitMix64 (Steele, Lea and Flood, 2014).
    private mutating func randomValue() -> UInt64 {
        random &+= 0x9e37_79b9_7f4a_7c15
        var value = random
        value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        return value ^ value >> 31
    }
}
