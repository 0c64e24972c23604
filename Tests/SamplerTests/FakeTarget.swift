import FrameDecoding
import Glibc
import System
import TargetMemory
import TestSupport

@testable import Sampler

/// A decoder that says what the test wants: the stack of a thread is one frame, whose number is the thread's address.
final class FakeDecoder: FrameDecoder {
    let layoutOrigin = "fake"
    /// The list of interpreters is empty.
    let walk = ThreadWalk(
        layout: ThreadLayout(
            interpreterNext: 0, interpreterThreads: 8, next: 16, interpreter: 24, threadID: 32, frame: 40),
        interpretersHead: FakeTarget.head)
    /// What is read of the lock, one reading after another; the last one stays. Nil: it is changing hands.
    var locks: [LockState?] = [LockState()]

    func lockState(in memory: Memory) throws(DecodeError) -> LockState {
        _ = try memory.word(FakeTarget.head)
        guard let lock = locks.count > 1 ? locks.removeFirst() : locks[0] else {
            throw .implausible("a lock that changes hands", at: 0)
        }
        return lock
    }

    func append(
        _ thread: ThreadState, in memory: Memory, to stack: inout [FrameID], note: ((FramePlace) -> Void)?
    ) throws(DecodeError) {
        stack.append(FrameID(index: UInt32(thread.address)))
    }
}

/// A process of two threads, 7 and 8, with the parts of a sampler that look at it.
struct FakeTarget {
    static let head: Address = 0x1000
    /// Where the threads' `struct rseq` are, from their thread pointers.
    static let rseqOffset: Int64 = 0x100
    static let pid: pid_t = 7

    let kernel = ScriptedKernel()
    let source = FakeSource()
    let decoder = FakeDecoder()
    let tracees: Tracees
    let files: TaskFiles
    let reader: SampleReader

    init(mode: SamplingMode = .gil) {
        tracees = Tracees(kernel: kernel)
        files = TaskFiles(pid: Self.pid, kernel: kernel)
        let index = ThreadIndex(pid: Self.pid, files: files, memory: source, kernel: kernel)
        reader = SampleReader(
            decoder: decoder, options: Sampler.Options(mode: mode), memory: Memory(source: source), threadIndex: index,
            processorUse: nil, details: nil, sharedIDs: SharedIDs(files: files, kernel: kernel))
        source.map(Self.head, pages: 1)
        kernel.folders["/proc/7/task"] = ["7", "8"]
        for tid in [pid_t(7), 8] {
            kernel.files["/proc/7/task/\(tid)/syscall"] = "running\n"
            kernel.files["/proc/7/task/\(tid)/schedstat"] = "5 0 1\n"
            kernel.files["/proc/7/task/\(tid)/status"] = "Name:\tpython\nNSpid:\t\(tid)\n"
            source.map(Self.pointer(tid), pages: 1)
            setCPU(3, of: tid)
        }
    }

    static func pointer(_ tid: pid_t) -> Address { 0x10_0000 * Address(tid) }

    static func thread(_ tid: pid_t) -> ThreadState {
        ThreadState(
            address: Address(tid), interpreter: 1, threadID: pointer(tid), nativeThreadID: UInt64(tid))
    }

    static func lock(heldBy tids: pid_t...) -> LockState { LockState(holders: tids.map(thread)) }

    /// What `rseq.cpu_id` of a thread says.
    func setCPU(_ cpu: UInt32, of tid: pid_t) {
        source.write(cpu, at: Self.pointer(tid) + Address(Self.rseqOffset) + 4)
    }

    /// Each of these threads stops when it is asked to, one after another.
    func letStop(_ tids: pid_t...) {
        for tid in tids {
            kernel.signals.append(TakenSignal(number: SIGCHLD, code: Int32(CLD_STOPPED), sender: tid))
            kernel.waits.append((tid, .stopped(signal: SIGTRAP, event: 128)))
        }
    }

    func stopping() -> Stopping {
        Stopping(reader: reader, files: files, tracees: tracees, affinity: nil, kernel: kernel)
    }

    func sharing(isOnlyWay: Bool = false, rseq: Bool = true) -> CoreSharing {
        let core = SharedCore(rseqOffset: rseq ? Self.rseqOffset : nil, isOnlyWay: isOnlyWay, kernel: kernel)
        return CoreSharing(core, pid: Self.pid, reader: reader, kernel: kernel)
    }
}

extension AttemptResult {
    /// For comparing: `sampled 7 8` names the threads whose stacks were read.
    var text: String {
        switch self {
        case .sampled(let threads, _): (["sampled"] + threads.map { "\($0.thread.address)" }).joined(separator: " ")
        case .lockElsewhere: "lock elsewhere"
        case .moved: "moved"
        case .notAvailable: "not available"
        }
    }
}
