import CLinux
import Glibc

extension Linux {
    /// A child of pyflame that waits until it is let go.
    package struct WaitingChild: Sendable {
        package var pid: pid_t
        /// A byte written here lets it go.
        package var release: Int32
        /// It writes `errno` (an Int32) here if it cannot run its program, and nothing if it can.
        package var failure: Int32
    }

    /// Forks a child that will run `arguments` (looked up in PATH; ended by nil) with the signal mask `mask`, but first
    /// waits for a byte. The child, or an errno.
    package func spawnWaiting(
        _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>, mask: sigset_t
    ) -> (child: WaitingChild?, errno: Int32) {
        var child = WaitingChild(pid: 0, release: -1, failure: -1)
        cl_count_calls(5)
        child.pid = withUnsafePointer(to: mask) {
            cl_spawn_waiting(arguments, $0, &child.release, &child.failure)
        }
        return child.pid > 0 ? (child, 0) : (nil, -child.pid)
    }

    /// The capabilities in effect of this process (bits as in linux/capability.h).
    package var effectiveCapabilities: UInt64 {
        cl_count_calls(1)
        return cl_effective_capabilities()
    }

    /// Takes the program's and its libraries' code out of this process's resident memory; what is used again comes back,
    /// from the page cache, when it is.
    package func releaseCode() { cl_release_code() }
}
