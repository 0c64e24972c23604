import Testing

@testable import Sampler

struct HistogramTests {
    @Test func empty() {
        let histogram = DurationHistogram()
        #expect(histogram.count == 0 && histogram.total == 0)
        for share in [0, 0.5, 1] { #expect(histogram.quantile(share) == 0) }
    }

    /// A duration comes back at most 3.2 % too small, and small ones exactly.
    @Test(arguments: [0, 1, 31, 32, 33, 63, 64, 1000, 23_456, 1 << 20, 999_999_999, 1 << 40, .max] as [UInt64])
    func oneDuration(_ value: UInt64) {
        var histogram = DurationHistogram()
        histogram.add(value)
        let found = histogram.quantile(0.5)
        #expect(found <= value && value - found <= value / 31)
        if value < 64 { #expect(found == value) }
        #expect(histogram.count == 1 && histogram.total == value)
    }

    @Test func quantilesAreInOrder() {
        var histogram = DurationHistogram()
        for value in 1...1000 as ClosedRange<UInt64> { histogram.add(value * 1000) }
        #expect(histogram.total == 500_500_000)
        let found = [0, 0.01, 0.25, 0.5, 0.75, 0.99, 1].map(histogram.quantile)
        #expect(found == found.sorted())
        for (share, value) in zip([0.25, 0.5, 0.75, 0.99, 1], found.dropFirst(2)) {
            let exact = share * 1_000_000
            #expect(abs(Double(value) - exact) <= exact * 0.035, "\(share)")
        }
    }

    @Test func sums() {
        var one = DurationHistogram()
        var other = DurationHistogram()
        var both = DurationHistogram()
        for value in 0..<500 as Range<UInt64> {
            one.add(value * 7)
            other.add(value * 1313)
            both.add(value * 7)
            both.add(value * 1313)
        }
        one.add(other)
        #expect(one.count == both.count && one.total == both.total)
        for share in stride(from: 0.0, through: 1, by: 0.1) {
            #expect(one.quantile(share) == both.quantile(share))
        }
    }

    @Test func statisticsAddUp() {
        var one = Statistics()
        one.samples = 5
        one.missed = 4
        one.failed = 3
        one.idle = 2
        one.retries = 1
        one.stops = 6
        one.stopTimes.add(100)
        var sum = one
        sum.add(one)
        #expect(sum.samples == 10 && sum.missed == 8 && sum.failed == 6 && sum.idle == 4)
        #expect(sum.retries == 2 && sum.stops == 12 && sum.stopTimes.count == 2)
    }
}
