import Testing

@testable import Sampler

struct SamplingScheduleTests {
    private static let interval: UInt64 = 10_000_000

    /// The moments of the first `count` ticks, none late.
    private func moments(_ count: Int, interval: UInt64 = interval, seed: UInt64) -> [UInt64] {
        var schedule = SamplingSchedule(start: 5, interval: interval, seed: seed)
        return (0..<count).map { _ in
            defer { #expect(schedule.advance(past: schedule.next) == 0) }
            return schedule.next
        }
    }

    /// So the mean rate is exact, whatever the random numbers are.
    @Test(arguments: [0, 1, 42, UInt64.max])
    func oneInEachInterval(_ seed: UInt64) {
        let moments = moments(10_000, seed: seed)
        #expect(moments[0] == 5)
        for (tick, moment) in moments.enumerated() { #expect((moment - 5) / Self.interval == UInt64(tick)) }
    }

    /// What comes next is known, unless the sampler is late.
    @Test func upcoming() {
        var schedule = SamplingSchedule(start: 5, interval: Self.interval, seed: 3)
        for tick in 0..<100 {
            let (upcoming, second) = (schedule.moment(ahead: 1), schedule.moment(ahead: 2))
            let late = tick % 10 == 9
            let missed = schedule.advance(past: late ? upcoming + 3 * Self.interval : schedule.next)
            #expect((missed > 0) == late)
            #expect((schedule.next == upcoming) != late && (schedule.moment(ahead: 1) == second) != late)
        }
    }

    /// A program whose period is the interval is seen at each of its moments equally often.
    @Test(arguments: [7, 8, 9])
    func allPhasesAlike(_ seed: UInt64) {
        let count = 100_000
        var tenths = [Int](repeating: 0, count: 10)
        for moment in moments(count, seed: seed) {
            tenths[Int((moment - 5) % Self.interval * 10 / Self.interval)] += 1
        }
        // Five standard deviations of a fair die with ten faces.
        let tolerance = 5 * (Double(count) * 0.1 * 0.9).squareRoot()
        for number in tenths { #expect(abs(Double(number) - Double(count) / 10) < tolerance) }
    }

    @Test func lateTicksAreCountedAndNotMadeUpFor() {
        var schedule = SamplingSchedule(start: 1000, interval: 100, seed: 3)
        #expect(schedule.advance(past: 1010) == 0)
        #expect((1100..<1200).contains(schedule.next))
        // Tick 2, 3 and 4 are over.
        #expect(schedule.advance(past: 1550) == 3)
        #expect((1500..<1600).contains(schedule.next))
        #expect(schedule.advance(past: 1550) == 0)
        #expect((1600..<1700).contains(schedule.next))
    }

    @Test func noIntervalIsTooShort() {
        #expect(moments(100, interval: 0, seed: 1).last == 104)
    }
}
