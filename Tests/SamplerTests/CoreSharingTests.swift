import FrameDecoding
import Glibc
import System
import TestSupport
import Testing

@testable import Sampler

/// Sampling on the target's own CPU, with a kernel that says what the test wants.
struct CoreSharingTests {
    private func attempt(_ sharing: CoreSharing, _ tids: pid_t..., isGuess: Bool = false) -> String {
        sharing.beginSample()
        return sharing.attempt(tids.map(FakeTarget.thread), isGuess: isGuess).text
    }

    @Test func theHolderIsReadOnItsCPU() {
        let target = FakeTarget()
        target.decoder.locks = [FakeTarget.lock(heldBy: 7)]
        let sharing = target.sharing()
        for _ in 0..<3 { #expect(attempt(sharing, 7) == "sampled 7") }
        #expect(target.kernel.traced.isEmpty && target.kernel.pins == [3])
        #expect(sharing.rejected == 0 && sharing.notBefore > 0)
    }

    /// It goes from CPU to CPU: the reading is thrown away, and made once more where the thread is by now.
    @Test func aHolderThatMovesIsFollowed() {
        let target = FakeTarget()
        target.decoder.locks = [FakeTarget.lock(heldBy: 7)]
        let sharing = target.sharing()
        #expect(attempt(sharing, 7) == "sampled 7")
        target.setCPU(1, of: 7)
        #expect(attempt(sharing, 7) == "sampled 7")
        #expect(target.kernel.pins == [3, 1] && sharing.rejected == 1)
    }

    /// It never stays: this is not tried in each sample any more, and the CPU is left.
    @Test func aHolderThatNeverStays() {
        let target = FakeTarget()
        target.decoder.locks = [FakeTarget.lock(heldBy: 7)]
        let sharing = target.sharing()
        var cpu: UInt32 = 0
        target.source.meanwhile = {
            cpu = (cpu + 1) % 5
            target.setCPU(cpu, of: 7)
        }
        var answers: [String] = []
        for _ in 0..<20 { answers.append(attempt(sharing, 7)) }
        #expect(answers[0] == "moved")
        #expect(answers.filter { $0 == "moved" }.count == 5)
        #expect(answers.filter { $0 == "not available" }.count == 15)
        #expect(target.kernel.pins.last == -1)
    }

    /// The sampler was switched out: the target may have run.
    @Test func theSamplerWasSwitchedOut() {
        let target = FakeTarget()
        target.decoder.locks = [FakeTarget.lock(heldBy: 7)]
        target.kernel.switches = [4, 5, 5, 6]
        let sharing = target.sharing()
        #expect(attempt(sharing, 7) == "moved")
        #expect(sharing.rejected == 2)
    }

    @Test func anotherThreadHasTheLock() {
        let target = FakeTarget()
        target.decoder.locks = [FakeTarget.lock(heldBy: 8)]
        let sharing = target.sharing()
        #expect(attempt(sharing, 7, isGuess: true) == "lock elsewhere")
        // That the thread stood still was proven: it is no failure.
        #expect(attempt(sharing, 8) == "sampled 8")
        #expect(sharing.rejected == 0)
    }

    @Test func severalHoldersAreNotForThis() {
        let target = FakeTarget()
        #expect(attempt(target.sharing(), 7, 8) == "not available")
        #expect(target.kernel.pins.isEmpty)
    }

    /// Nobody interrupts a real-time thread: the sampler would wait on its CPU for ever.
    @Test func realTimeThreadsAreNotWaitedFor() {
        let target = FakeTarget()
        target.kernel.policies[7] = SCHED_FIFO | 0x4000_0000
        #expect(attempt(target.sharing(), 7) == "not available")
        #expect(target.kernel.pins.isEmpty)
    }

    @Test func aCPUThatIsNotForUs() {
        let target = FakeTarget()
        target.kernel.affinityError = EINVAL
        #expect(attempt(target.sharing(), 7) == "not available")
    }

    /// Without rseq the kernel's own counts are the witness.
    @Test func countsOfRuns() {
        let target = FakeTarget()
        target.decoder.locks = [FakeTarget.lock(heldBy: 7)]
        let stat = "7 (python) R " + (4...38).map { "\($0)" }.joined(separator: " ") + " 2 0\n"
        target.kernel.files["/proc/7/task/7/stat"] = stat
        let sharing = target.sharing(rseq: false)
        #expect(attempt(sharing, 7) == "sampled 7")
        #expect(target.kernel.pins == [2])
        target.kernel.texts["/proc/7/task/7/schedstat"] = ["5 0 1\n", "6 0 2\n"]
        // It ran during the first reading, and did not during the second.
        #expect(attempt(sharing, 7) == "sampled 7")
        #expect(sharing.rejected == 1)
    }

    /// A thread that is not registered yet is no reason to do without rseq; a program in which none is, is.
    @Test func threadsWithoutSequences() {
        let target = FakeTarget()
        target.setCPU(UInt32(bitPattern: -1), of: 7)
        let sharing = target.sharing(isOnlyWay: true)
        for _ in 0..<8 { #expect(attempt(sharing, 7) == "not available") }
        target.decoder.locks = [FakeTarget.lock(heldBy: 7)]
        let stat = "7 (python) R " + (4...38).map { "\($0)" }.joined(separator: " ") + " 2 0\n"
        target.kernel.files["/proc/7/task/7/stat"] = stat
        #expect(attempt(sharing, 7) == "sampled 7")
    }
}
