import FrameDecoding
import Glibc
import System
import TargetMemory
import TestSupport
import Testing

@testable import Sampler

/// Parts of the sampler with a kernel that says what the test wants.
struct ScriptedTests {
    /// In another PID namespace each thread is asked for once, however many states are looked up.
    @Test func innerThreadIDsAreKept() {
        let kernel = ScriptedKernel()
        let tids = Array(1001...1100)
        kernel.folders["/proc/1001/task"] = tids.map(String.init)
        for tid in tids {
            kernel.files["/proc/1001/task/\(tid)/status"] = "Name:\tpython\nNSpid:\t\(tid)\t\(tid - 1000)\n"
        }
        let files = TaskFiles(pid: 1001, kernel: kernel)
        let index = ThreadIndex(pid: 1001, files: files, memory: FakeSource(), kernel: kernel)
        for tid in tids {
            let state = ThreadState(
                address: Address(tid * 4096), interpreter: 8, threadID: UInt64(tid), nativeThreadID: UInt64(tid - 1000))
            #expect(index.tid(of: state) == pid_t(tid))
        }
        // Once each, and once more for the question whether it is another namespace.
        #expect(kernel.openings.values.reduce(0, +) == tids.count + 1)
    }

    /// The file that is closed to make room is the one that was not used for longest.
    @Test func filesAreClosedByAge() {
        let kernel = ScriptedKernel()
        for tid in 1...70 { kernel.files["/proc/1/task/\(tid)/syscall"] = "running\n" }
        let files = TaskFiles(pid: 1, kernel: kernel)
        for tid in 1...64 { _ = files.state(of: pid_t(tid)) }
        // Used again: now 2 is the oldest.
        _ = files.state(of: 1)
        for tid in 65...67 { _ = files.state(of: pid_t(tid)) }
        #expect(kernel.closings == (2...4).map { "/proc/1/task/\($0)/syscall" })
    }

    private let plainStop = TakenSignal(number: SIGCHLD, code: Int32(CLD_STOPPED), sender: 7)

    @Test func aStopThatComesLateIsWaitedFor() {
        let kernel = ScriptedKernel()
        let tracees = Tracees(kernel: kernel)
        #expect(tracees.seize(7) == 0)
        tracees.interrupt(7)
        // Nothing for some looks, then a signal of another thread, then its own.
        kernel.signals = [.none, .none, TakenSignal(number: SIGCHLD, code: 4, sender: 9), plainStop]
        kernel.waits = [(7, .stopped(signal: SIGTRAP, event: 128))]
        #expect(tracees.awaitStop(7, spinning: true) == .stopped)
        tracees.resume(7)
        #expect(kernel.traced == ["seize 7", "interrupt 7", "resume 7"])
    }

    @Test func aStopThatNeverComesHasABound() {
        let kernel = ScriptedKernel()
        let tracees = Tracees(kernel: kernel)
        _ = tracees.seize(7)
        tracees.interrupt(7)
        let start = kernel.time
        #expect(tracees.awaitStop(7, spinning: false) == .late)
        #expect(kernel.time - start < 1_000_000_000)
    }

    @Test func aThreadThatEndsIsGone() {
        let kernel = ScriptedKernel()
        let tracees = Tracees(kernel: kernel)
        var ended: [pid_t] = []
        tracees.observe { if case .ended(let tid, _) = $0 { ended.append(tid) } }
        _ = tracees.seize(7)
        tracees.interrupt(7)
        kernel.signals = [TakenSignal(number: SIGCHLD, code: Int32(CLD_EXITED), sender: 7)]
        kernel.waits = [(7, .exited(0))]
        #expect(tracees.awaitStop(7, spinning: true) == .gone)
        #expect(ended == [7])
    }

    /// Two threads stopped, and one signal told of both.
    @Test func mergedSignals() {
        let kernel = ScriptedKernel()
        let tracees = Tracees(kernel: kernel)
        for tid in [pid_t(7), 8] {
            _ = tracees.seize(tid)
            tracees.interrupt(tid)
        }
        kernel.signals = [plainStop]
        kernel.waits = [(7, .stopped(signal: SIGTRAP, event: 128)), (8, .stopped(signal: SIGTRAP, event: 128))]
        #expect(tracees.awaitStop(8, spinning: true) == .stopped)
        #expect(tracees.awaitStop(7, spinning: true) == .stopped)
    }
}

/// Waiting, with a kernel that says what the test wants.
struct ScriptedWaitTests {
    private func waits(_ signals: [TakenSignal]) throws -> (event: SignalGate.Event, time: UInt64, calls: Int) {
        let kernel = ScriptedKernel()
        kernel.signals = signals
        var result: (SignalGate.Event, UInt64, Int)?
        // The gate blocks signals in its thread.
        #expect(
            onTracerThread {
                let gate = SignalGate(kernel: kernel)
                let start = kernel.time
                let event = gate.wait(until: start + 1_000_000_000, spinning: false, nil)
                result = (event, kernel.time - start, kernel.calls)
            })
        return try #require(result)
    }

    /// A wait that is cut short goes on to its moment.
    @Test func interrupted() throws {
        let result = try waits([TakenSignal(number: -EINTR), TakenSignal(number: -EINTR)])
        #expect(result.event == .deadline && result.time >= 1_000_000_000)
    }

    /// A filter forbids the call: the wait ends at its moment, with some hundred calls at most.
    @Test func forbidden() throws {
        let result = try waits(Array(repeating: TakenSignal(number: -EPERM), count: 100_000))
        #expect(result.event == .deadline && result.time >= 1_000_000_000 && result.calls < 200)
    }

    @Test func otherSignals() throws {
        #expect(try waits([TakenSignal(number: SIGCHLD)]).event == .child)
        #expect(try waits([TakenSignal(number: SIGTERM, code: 0)]).event == .interrupted(SIGTERM, sent: true))
        #expect(try waits([TakenSignal(number: SIGINT, code: 0x80)]).event == .interrupted(SIGINT, sent: false))
        #expect(try waits([TakenSignal(number: SIGTSTP)]).event == .suspended)
    }
}
