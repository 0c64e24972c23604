import Testing

@testable import Probe

/// One budget for all files of a process.
struct ProbeBudgetTests {
    @Test func bytesAreOfAllFilesTogether() {
        let budget = ProbeBudget(bytes: 100)
        #expect(budget.take(60, for: "a"))
        #expect(!budget.take(60, for: "b"), "the sum counts, not each one")
        #expect(budget.explanation?.contains("b (0 MB)") == true)
        budget.giveBack(60)
        #expect(budget.take(60, for: "c"))
        #expect(!budget.take(.max, for: "no size of a file"))
    }

    @Test func timeEndsIt() {
        let budget = ProbeBudget(time: 0)
        #expect(budget.isSpent && budget.limit == .time && !budget.take(1, for: "a"))
        #expect(budget.explanation?.contains("limit of 3 s") == true)
    }
}
