import Glibc

/// Why a process could not be looked at (that it is not a Python process is no error).
public enum ProbeError: Error, Equatable, Sendable {
    /// There is no such process, or it has gone meanwhile.
    case noSuchProcess(pid: Int32)
    /// A zombie or a thread of the kernel: nothing is mapped.
    case noMemory(pid: Int32)
    /// A file of `/proc/PID` could not be read.
    case notReadable(path: String, errno: Int32)
    /// The process runs a 32-bit program; `path` as `/proc/PID/exe` has it.
    case is32Bit(path: String)

    /// The process is gone, or has let go of its memory already.
    public var hasEnded: Bool {
        switch self {
        case .noSuchProcess, .noMemory: true
        case .notReadable(_, let errno): errno == ESRCH
        case .is32Bit: false
        }
    }

    /// One sentence, for people.
    public var explanation: String {
        switch self {
        case .noSuchProcess(let pid): "there is no process \(pid)"
        case .noMemory(let pid): "process \(pid) has no memory: it is a zombie or a kernel thread"
        case .notReadable(let path, let errno):
            "cannot read \(path): \(String(cString: strerror(errno)))"
        case .is32Bit(let path): "\(path) is a 32-bit program; only 64-bit processes can be read"
        }
    }
}
