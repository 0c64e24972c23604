import Testing

@testable import Sampler

/// How reading without a stop is held within bounds.
struct SharingTests {
    private func tries(_ history: inout SharingHistory) -> Bool {
        history.beginSample()
        return history.isWorthTrying
    }
    private func looks(_ cost: inout SampleCost) -> Bool { cost.isLookDue() }

    @Test func failuresMakeItRarer() {
        var history = SharingHistory()
        #expect(tries(&history) && !history.isLongPause)
        var pauses: [Int] = []
        for _ in 0..<8 {
            history.note(success: false)
            var pause = 0
            while !tries(&history) { pause += 1 }
            pauses.append(pause)
        }
        #expect(pauses == [1, 2, 4, 8, 16, 32, 64, 64])
    }

    @Test func successesMakeItUsualAgain() {
        var history = SharingHistory()
        for _ in 0..<8 {
            history.beginSample()
            history.note(success: false)
        }
        #expect(history.isLongPause)
        while !tries(&history) {}
        for _ in 0..<7 { history.note(success: true) }
        history.note(success: false)
        #expect(!tries(&history))
        #expect(tries(&history))
    }

    /// A sample asks several times, where the GIL goes from hand to hand.
    @Test func oneSampleCountsOnce() {
        var history = SharingHistory()
        history.beginSample()
        for _ in 0..<12 { history.note(success: false) }
        #expect(!history.isWorthTrying)
        #expect(!history.isLongPause)
        #expect(!tries(&history))
        #expect(tries(&history))
        for _ in 0..<12 { #expect(history.isWorthTrying) }
    }

    @Test func costIsOwnTimeBySamples() {
        var cost = SampleCost()
        #expect(cost.expected(readTime: 1_000_000) == 30_000)
        // What was used before the first sample is not the samples'.
        #expect(looks(&cost))
        cost.note(50_000_000)
        for _ in 0..<63 { #expect(!looks(&cost)) }
        #expect(looks(&cost))
        cost.note(50_000_000 + 64 * 40_000)
        #expect(cost.expected(readTime: 20_000) == 40_000)
        // Most of it was spent on something else.
        #expect(cost.expected(readTime: 5_000) == 30_000)
    }

    /// After a suspension another thread samples, whose clock begins anew.
    @Test func anotherThreadsClock() {
        var cost = SampleCost()
        _ = cost.isLookDue()
        cost.note(1_000_000_000)
        for _ in 0..<64 { _ = cost.isLookDue() }
        cost.note(1_000)
        #expect(cost.expected(readTime: 1_000_000) == 30_000)
    }
}
