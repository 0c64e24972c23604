import FrameDecoding
import Glibc
import System
import TargetMemory

/// What threads are called: by the program (`threading`) or, where it has no name for one, by the kernel.
///
/// Both are looked up when a thread is new and again every second: threads are renamed, and their
/// ids used again. That is a few reads a second, whatever the rate of the samples.
final class ThreadNames {
    private let pid: pid_t
    private let kernel: any Kernel
    private let program: ProgramReader?
    private let source: any MemorySource
    private var given: [UInt64: String] = [:]
    private var names: [ThreadState: String] = [:]
    private var lastReading: UInt64 = 0

    private static let lifetime: UInt64 = 1_000_000_000
    /// New threads may come all the time.
    private static let shortestPause: UInt64 = 50_000_000

    /// Without `program` there are only the kernel's names.
    init(pid: pid_t, program: ProgramReader?, source: any MemorySource, kernel: any Kernel) {
        self.kernel = kernel
        self.pid = pid
        self.program = program
        self.source = source
    }

    /// To be called while the target stands still. Whether anything was read.
    func update(for threads: [ThreadSample]) -> Bool {
        let age = kernel.monotonicNow() - lastReading
        guard age > Self.lifetime
            || (age > Self.shortestPause && threads.contains { names[$0.thread] == nil })
        else { return false }
        lastReading = kernel.monotonicNow()
        names.removeAll(keepingCapacity: true)
        // A memory of its own: what is read once is not to be read again with every sample.
        if let program, let found = try? program.threadNames(in: Memory(source: source)) { given = found }
        return true
    }

    func name(of thread: ThreadState, tid: pid_t?) -> String? {
        if let known = names[thread] { return known }
        let name = given[thread.threadID] ?? tid.flatMap(kernelName)
        if names.count < 1 << 16 { names[thread] = name }
        return name
    }

    private func kernelName(_ tid: pid_t) -> String? {
        kernel.bytes(of: "/proc/\(pid)/task/\(tid)/comm").map(ProcFile.firstLine(of:))
    }
}
