import FrameDecoding
import Glibc
import System
import TestSupport
import Testing

@testable import Sampler

/// Sampling by a stop, with a kernel that says what the test wants.
struct StoppingTests {
    private func attempt(_ target: FakeTarget, _ stopping: Stopping, _ tids: pid_t..., isGuess: Bool = false) -> String {
        stopping.beginSample()
        return stopping.attempt(tids.map(FakeTarget.thread), isGuess: isGuess).text
    }

    @Test func theHolderIsStoppedReadAndLetGo() {
        let target = FakeTarget()
        target.decoder.locks = [FakeTarget.lock(heldBy: 7)]
        target.letStop(7)
        let stopping = target.stopping()
        #expect(attempt(target, stopping, 7) == "sampled 7")
        #expect(target.kernel.traced == ["seize 7", "interrupt 7", "resume 7"])
        #expect(stopping.stops == 1)
    }

    /// The lock went to another thread before the first one stood still: that one is stopped as well.
    @Test func theLockIsFollowed() {
        let target = FakeTarget()
        target.decoder.locks = [FakeTarget.lock(heldBy: 8)]
        target.letStop(7, 8)
        #expect(attempt(target, target.stopping(), 7) == "sampled 8")
        #expect(
            target.kernel.traced
                == ["seize 7", "interrupt 7", "seize 8", "interrupt 8", "resume 7", "resume 8"])
    }

    @Test func aLockThatChangesHandsIsReadAgain() {
        let target = FakeTarget()
        target.decoder.locks = [nil, nil, FakeTarget.lock(heldBy: 7)]
        target.letStop(7)
        #expect(attempt(target, target.stopping(), 7) == "sampled 7")
        // But not for ever.
        target.decoder.locks = [nil]
        target.letStop(7)
        #expect(attempt(target, target.stopping(), 7) == "lock elsewhere")
    }

    @Test func nobodyHoldsTheLockAnyMore() {
        let target = FakeTarget()
        target.letStop(7)
        #expect(attempt(target, target.stopping(), 7) == "lock elsewhere")
        #expect(target.kernel.traced.last == "resume 7")
    }

    private let call = "0 0x3 0x7f00 0x10 0x0 0x0 0x0 0x7ffe 0x7f01\n"

    @Test func aThreadInASystemCallIsLeftThere() {
        let target = FakeTarget()
        target.kernel.files["/proc/7/task/7/syscall"] = call
        target.decoder.locks = [FakeTarget.lock(heldBy: 7)]
        #expect(attempt(target, target.stopping(), 7) == "sampled 7")
        #expect(target.kernel.traced.isEmpty)
    }

    /// It came back from the call, and went into another one like it: the count of its runs tells.
    @Test func aThreadThatLeftItsCallIsNoticed() {
        let target = FakeTarget()
        target.kernel.files["/proc/7/task/7/syscall"] = call
        target.kernel.texts["/proc/7/task/7/schedstat"] = ["5 0 1\n", "6 0 2\n"]
        target.decoder.locks = [FakeTarget.lock(heldBy: 7)]
        #expect(attempt(target, target.stopping(), 7) == "moved")
        #expect(target.kernel.traced.isEmpty)
    }

    /// The likely holder is asked for before it is stopped: it may be blocked by now.
    @Test func aGuessThatDoesNotRunIsNotStopped() {
        let target = FakeTarget()
        let stopping = target.stopping()
        target.decoder.locks = [FakeTarget.lock(heldBy: 7)]
        target.letStop(7)
        #expect(attempt(target, stopping, 7) == "sampled 7")
        target.kernel.files["/proc/7/task/7/syscall"] = call
        #expect(attempt(target, stopping, 7, isGuess: true) == "moved")
        #expect(target.kernel.traced == ["seize 7", "interrupt 7", "resume 7"])
    }

    @Test func aThreadThatEndsMeanwhile() {
        let target = FakeTarget()
        target.kernel.signals = [TakenSignal(number: SIGCHLD, code: Int32(CLD_EXITED), sender: 7)]
        target.kernel.waits = [(7, .exited(0))]
        #expect(attempt(target, target.stopping(), 7) == "moved")
        #expect(target.kernel.traced == ["seize 7", "interrupt 7"])
    }

    @Test func aThreadThatCannotBeSeizedIsLookedUpAnew() {
        let target = FakeTarget()
        target.kernel.traceErrors[7] = -ESRCH
        #expect(attempt(target, target.stopping(), 7) == "moved")
        #expect(target.reader.threadIndex.knownTID(of: FakeTarget.thread(7)) == nil)
    }

    /// It sits in the kernel, uninterruptibly: it is not waited for long, and let go when it stops.
    @Test func aStopThatDoesNotComeInTime() {
        let target = FakeTarget()
        #expect(attempt(target, target.stopping(), 7) == "moved")
        target.letStop(7)
        target.tracees.handleEvents()
        #expect(target.kernel.traced == ["seize 7", "interrupt 7", "resume 7"])
    }

    /// The signals of two threads came as one.
    @Test func mergedSignals() {
        let target = FakeTarget()
        target.decoder.locks = [FakeTarget.lock(heldBy: 7, 8)]
        target.letStop(7, 8)
        target.kernel.signals.removeLast()
        #expect(attempt(target, target.stopping(), 7, 8) == "sampled 7 8")
    }

    /// A wait that is cut short by a signal of no concern is taken up again.
    @Test func interruptedWaits() {
        let target = FakeTarget()
        target.decoder.locks = [FakeTarget.lock(heldBy: 7)]
        target.letStop(7)
        target.kernel.signals = [TakenSignal(number: -EINTR), TakenSignal(number: -EINTR)] + target.kernel.signals
        #expect(attempt(target, target.stopping(), 7) == "sampled 7")
    }

    /// Between two stops the target runs twice as long as it was stopped.
    @Test func theTargetIsLetRun() {
        let target = FakeTarget()
        target.decoder.locks = [FakeTarget.lock(heldBy: 7)]
        let stopping = target.stopping()
        var times: [UInt64] = []
        for _ in 0..<10 {
            target.letStop(7)
            let start = target.kernel.time
            #expect(attempt(target, stopping, 7) == "sampled 7")
            times.append(target.kernel.time - start)
        }
        #expect(stopping.stopTimes.total * 3 < times.reduce(0, +) + 10 * 3 * 4_000)
    }
}
