import Glibc
import System
import TargetMemory

/// What /proc says of the threads of a process. Files that are read in every sample stay open.
final class TaskFiles {
    private let pid: pid_t
    private let kernel: any Kernel
    private var openFiles: [pid_t: OpenFile] = [:]
    /// Counts up with every use of a file.
    private var uses = 0

    private struct OpenFile {
        var descriptor: Int32
        var lastUse: Int
    }

    private let maximumOpenFiles: Int

    /// With `readsAll` all threads are looked at in every sample, not only those that hold the GIL.
    init(pid: pid_t, readsAll: Bool = false, kernel: any Kernel) {
        self.kernel = kernel
        self.pid = pid
        maximumOpenFiles = readsAll ? 256 : 64
    }

    deinit { forgetAll() }

    /// Kernel thread ids of all threads.
    func tasks() -> [pid_t] {
        return (kernel.names(in: "/proc/\(pid)/task") ?? []).compactMap { pid_t($0) }
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
        let file = systemCallFile(of: tid)
        guard file >= 0 else { return file == -ENOENT ? .gone : .running }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 256) { buffer in
            let count = kernel.read(file, into: UnsafeMutableRawBufferPointer(buffer), at: 0)
            guard count > 0 else { return count == -Int(ESRCH) ? .gone : .running }
            guard buffer[0] != UInt8(ascii: "r") else { return .running }  // "running"
            return .blocked(String(decoding: buffer[..<count], as: UTF8.self))
        }
    }

    /// How often `tid` was given a processor; nil when the kernel does not tell.
    func timesScheduled(_ tid: pid_t) -> String? {
        return kernel.text(of: "/proc/\(pid)/task/\(tid)/schedstat")
            .flatMap { $0.split(separator: " ").last.map(String.init) }
    }

    /// The thread ended.
    func forget(_ tid: pid_t) {
        if let file = openFiles.removeValue(forKey: tid) { kernel.close(file.descriptor) }
    }

    func forgetAll() {
        for file in openFiles.values { kernel.close(file.descriptor) }
        openFiles.removeAll()
    }

    /// A descriptor or the negated errno.
    private func systemCallFile(of tid: pid_t) -> Int32 {
        uses += 1
        if let index = openFiles.index(forKey: tid) {
            openFiles.values[index].lastUse = uses
            return openFiles.values[index].descriptor
        }
        if openFiles.count >= maximumOpenFiles, let oldest = openFiles.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            forget(oldest.key)
        }
        let descriptor = kernel.open("/proc/\(pid)/task/\(tid)/syscall", flags: O_RDONLY)
        if descriptor >= 0 { openFiles[tid] = OpenFile(descriptor: descriptor, lastUse: uses) }
        return descriptor
    }
}
