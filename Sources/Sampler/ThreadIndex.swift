import FrameDecoding
import Glibc
import Machine
import System
import TargetMemory

/// From Python's thread states to the kernel's threads.
final class ThreadIndex {
    private struct Key: Hashable {
        var state: Address
        var threadID: UInt64
    }

    private let pid: pid_t
    private let kernel: any Kernel
    private let files: TaskFiles
    private let memory: any MemorySource
    private var known: [Key: pid_t] = [:]
    private var confirmed: Set<pid_t> = []
    /// When those that could not be told were last looked up.
    private var unknown: [Key: UInt64] = [:]
    private static let pause: UInt64 = 50_000_000
    /// Whether the target is in another PID namespace; nil while that is not known.
    private var isElsewhere: Bool?
    /// From our thread ids to those of the target's PID namespace, when that is another one.
    private var innerIDs: [pid_t: pid_t] = [:]

    init(pid: pid_t, files: TaskFiles, memory: any MemorySource, kernel: any Kernel) {
        self.kernel = kernel
        self.pid = pid
        self.files = files
        self.memory = memory
    }

    /// The kernel's id of `thread`; nil when it cannot be told (a thread that is just being born).
    func tid(of thread: ThreadState) -> pid_t? {
        let key = Key(state: thread.address, threadID: thread.threadID)
        if let tid = known[key] { return tid }
        if known.count > 1 << 16 { known.removeAll() }
        guard let tid = lookUp(thread, among: Set(files.tasks())) else { return nil }
        known[key] = tid
        return tid
    }

    /// Looks up those of `threads` that are not known yet, all at once. One that cannot be told is not
    /// asked for again for a while.
    func resolve(_ threads: [ThreadState]) {
        let now = kernel.monotonicNow()
        let new = threads.filter { thread in
            let key = Key(state: thread.address, threadID: thread.threadID)
            return known[key] == nil && unknown[key].map { now - $0 > Self.pause } ?? true
        }
        guard !new.isEmpty else { return }
        if known.count > 1 << 16 { known.removeAll() }
        if unknown.count > 1 << 16 { unknown.removeAll() }
        let tasks = Set(files.tasks())
        for thread in new {
            let key = Key(state: thread.address, threadID: thread.threadID)
            known[key] = lookUp(thread, among: tasks)
            unknown[key] = known[key] == nil ? now : nil
        }
    }

    /// The same, as far as it is known already.
    func knownTID(of thread: ThreadState) -> pid_t? {
        known[Key(state: thread.address, threadID: thread.threadID)]
    }

    /// Whether a stopped thread is the one that `thread` means: its thread pointer must be the
    /// thread's pthread_self(). Asked once per thread.
    func confirm(_ tid: pid_t, is thread: ThreadState, threadPointer: () -> UInt64?) -> Bool {
        if confirmed.contains(tid) { return true }
        if let pointer = threadPointer(), pointer != thread.threadID {
            known[Key(state: thread.address, threadID: thread.threadID)] = nil
            return false
        }
        confirmed.insert(tid)
        return true
    }

    /// The thread ended; its ids may be used again.
    func forget(_ tid: pid_t) {
        confirmed.remove(tid)
        innerIDs[tid] = nil
        known = known.filter { $0.value != tid }
    }

    func forgetAll() {
        known.removeAll()
        confirmed.removeAll()
        unknown.removeAll()
        innerIDs.removeAll()
    }

    private func lookUp(_ thread: ThreadState, among tasks: Set<pid_t>) -> pid_t? {
        let outer = namespaceMap(tasks)
        func translated(_ inner: pid_t) -> pid_t? {
            let tid = outer == nil ? inner : outer?[inner]
            return tid.flatMap { tasks.contains($0) ? $0 : nil }
        }
        // A process that was forked by an old Python may still have its parent's native id.
        if let native = thread.nativeThreadID, let tid = translated(pid_t(truncatingIfNeeded: native)) {
            return tid
        }
        if RunningMachine.selfInPthread.map({ memory.load(thread.threadID &+ $0) == thread.threadID }) ?? true,
            let inner = memory.load(thread.threadID &+ RunningMachine.kernelIDInPthread, as: UInt32.self),
            let tid = translated(pid_t(truncatingIfNeeded: inner))
        {
            return tid
        }
        return tasks.count == 1 ? tasks.first : nil
    }

    /// In another PID namespace the target knows its threads by other numbers: the last of NSpid. A thread is asked for
    /// when it is first seen.
    private func namespaceMap(_ tasks: Set<pid_t>) -> [pid_t: pid_t]? {
        if isElsewhere == nil {
            guard let ids = namespaceIDs(of: pid) else { return nil }
            isElsewhere = ids.count > 1
        }
        guard isElsewhere == true else { return nil }
        innerIDs = innerIDs.filter { tasks.contains($0.key) }
        for tid in tasks where innerIDs[tid] == nil { innerIDs[tid] = namespaceIDs(of: tid)?.last }
        return Dictionary(innerIDs.map { ($0.value, $0.key) }, uniquingKeysWith: { first, _ in first })
    }

    private func namespaceIDs(of tid: pid_t) -> [pid_t]? {
        kernel.text(of: "/proc/\(pid)/task/\(tid)/status").flatMap { ProcFile.field("NSpid", of: $0) }?
            .split(whereSeparator: \.isWhitespace).compactMap { pid_t($0) }
    }
}
