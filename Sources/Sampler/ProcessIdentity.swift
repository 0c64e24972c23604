import Glibc
import System
import TargetMemory

/// Whether a process is still there, and still runs the program that it ran.
struct ProcessIdentity {
    private let pid: pid_t
    private let known: String?

    init(pid: pid_t) {
        self.pid = pid
        known = Self.read(pid)
    }

    func isStill() -> Bool { Self.read(pid) == known }

    /// The program and where its stack begins, which every execve changes; nil for one that ended.
    private static func read(_ pid: pid_t) -> String? {
        var link = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = link.withUnsafeMutableBytes {
            readlink("/proc/\(pid)/exe", $0.baseAddress!, $0.count)
        }
        guard count > 0, let fields = ProcFile.stat("/proc/\(pid)/stat") else { return nil }
        // Field 28 of stat (proc(5)).
        return String(decoding: link[..<count], as: UTF8.self) + " " + (fields.count > 25 ? fields[25] : "")
    }
}
