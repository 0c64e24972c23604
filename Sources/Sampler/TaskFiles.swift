import Glibc
import TargetMemory

/// What /proc says of the threads of a process. Files that are read in every sample stay open.
final class TaskFiles {
    private let pid: pid_t
    private var systemCallFiles: [pid_t: Int32] = [:]
    /// How often the kernel was asked.
    private(set) var systemCalls = 0

    private let mostOpenFiles: Int

    /// With `readsAll` all threads are looked at in every sample, not only those that hold the GIL.
    init(pid: pid_t, readsAll: Bool = false) {
        self.pid = pid
        mostOpenFiles = readsAll ? 256 : 64
    }

    deinit { forgetAll() }

    /// Kernel thread ids of all threads.
    func tasks() -> [pid_t] {
        systemCalls += 3
        return (ProcFile.names(in: "/proc/\(pid)/task") ?? []).compactMap { pid_t($0) }
    }

    /// The system call that `tid` is blocked in, with its arguments, as the kernel words it; nil
    /// while the thread runs, or when the kernel does not tell.
    func blockedSystemCall(of tid: pid_t) -> String? {
        if case .blocked(let call) = state(of: tid) { return call }
        return nil
    }

    enum State {
        /// On a processor or ready to run (or the kernel does not tell).
        case running
        /// In a system call or, -1, elsewhere in the kernel; as the kernel words it.
        case blocked(String)
        case gone
    }

    func state(of tid: pid_t) -> State {
        guard let descriptor = systemCallFile(of: tid) else { return errno == ENOENT ? .gone : .running }
        systemCalls += 1
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 256) { buffer in
            let count = pread(descriptor, buffer.baseAddress!, buffer.count, 0)
            guard count > 0 else { return count < 0 && errno == ESRCH ? .gone : .running }
            guard buffer[0] != UInt8(ascii: "r") else { return .running }  // "running"
            return .blocked(String(decoding: buffer[..<count], as: UTF8.self))
        }
    }

    /// How often `tid` was given a processor; nil when the kernel does not tell.
    func timesScheduled(_ tid: pid_t) -> String? {
        systemCalls += 4
        return ProcFile.text("/proc/\(pid)/task/\(tid)/schedstat")
            .flatMap { $0.split(separator: " ").last.map(String.init) }
    }

    /// The thread ended.
    func forget(_ tid: pid_t) {
        if let descriptor = systemCallFiles.removeValue(forKey: tid) { close(descriptor) }
    }

    func forgetAll() {
        for descriptor in systemCallFiles.values { close(descriptor) }
        systemCallFiles.removeAll()
    }

    private func systemCallFile(of tid: pid_t) -> Int32? {
        if let known = systemCallFiles[tid] { return known }
        if systemCallFiles.count >= mostOpenFiles, let (oldest, _) = systemCallFiles.first {
            forget(oldest)
        }
        let descriptor = open("/proc/\(pid)/task/\(tid)/syscall", O_RDONLY | O_CLOEXEC)
        systemCalls += 1
        guard descriptor >= 0 else { return nil }
        systemCallFiles[tid] = descriptor
        return descriptor
    }
}
