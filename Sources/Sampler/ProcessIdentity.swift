import Glibc
import System
import TargetMemory

/// Whether a process is still there, and still runs the program that it ran.
struct ProcessIdentity {
    private let pid: pid_t
    private let kernel: any Kernel
    private let known: String?

    init(pid: pid_t, kernel: any Kernel) {
        self.pid = pid
        self.kernel = kernel
        known = Self.read(pid, kernel)
    }

    func isStill() -> Bool { Self.read(pid, kernel) == known }

    /// The program and where its stack begins, which every execve changes; nil for one that ended.
    private static func read(_ pid: pid_t, _ kernel: any Kernel) -> String? {
        guard let program = kernel.link(at: "/proc/\(pid)/exe"), let stat = kernel.bytes(of: "/proc/\(pid)/stat"),
            let fields = ProcFile.words(ofStat: stat)
        else { return nil }
        // Field 28 of stat (proc(5)).
        return program + " " + (fields.count > 25 ? fields[25] : "")
    }
}
