import TargetMemory
import TestSupport
import Testing

/// What one sample may cost.
struct SampleBudgetTests {
    @Test func textHasABoundThatEachSampleBeginsAnew() {
        let memory = Memory(source: FakeSource())
        var taken = 0
        while memory.budget.takeText(1 << 20), taken < 100 { taken += 1 }
        #expect(taken == (SampleBudget.mostText >> 20) - 1 && memory.budget.isSpent)
        memory.refresh()
        #expect(memory.budget.takeText(1 << 20))
    }

    @Test func aWalkEndsWhenTheTimeIsOver() {
        let memory = Memory(source: FakeSource())
        memory.budget.end = 1
        var steps = 0
        while memory.budget.takeStep(), steps < 1000 { steps += 1 }
        #expect(steps < 1000)
    }
}
