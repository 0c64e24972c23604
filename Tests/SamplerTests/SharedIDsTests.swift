import Testing

@testable import Sampler

struct SharedIDReviewTests {
    private let second: UInt64 = 1_000_000_000

    @Test func aNewThreadSharesItsParentsForAMoment() {
        var ids = SharedIDReview()
        #expect(!ids.isUnclear && ids.all.isEmpty)
        ids.add([1, 2], at: 100)
        #expect(ids.isUnclear && ids.all == [1, 2])
        #expect(ids.review([1], at: 200) && ids.all == [1])
        #expect(!ids.review([1], at: 300) && ids.isUnclear)
        #expect(ids.review([], at: 400) && !ids.isUnclear && ids.all.isEmpty)
    }

    /// Until the end of the process, as with uWSGI.
    @Test func whatStaysSharedIsSoForGood() {
        var ids = SharedIDReview()
        ids.add([1], at: 0)
        #expect(!ids.review([1], at: second) && ids.isUnclear)
        #expect(!ids.review([1], at: second + 1) && !ids.isUnclear && ids.all == [1])
        #expect(!ids.review([], at: 2 * second) && ids.all == [1])
        // Found again later, it does not begin anew.
        ids.add([1], at: 3 * second)
        #expect(!ids.isUnclear)
    }

    /// One that was over and comes again has all its time again.
    @Test func everyNewThreadCountsAnew() {
        var ids = SharedIDReview()
        for round in 0..<10 as Range<UInt64> {
            ids.add([1], at: round * second)
            #expect(ids.isUnclear && ids.review([], at: round * second + second / 2) && ids.all.isEmpty)
        }
    }
}
