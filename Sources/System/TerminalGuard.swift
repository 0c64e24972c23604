import CLinux
import Glibc

/// Gives the terminal back however the process ends, but for SIGKILL.
package enum TerminalGuard {
    /// From now on the terminal gets `sequence` (at most 63 bytes) and `state` back: at exit, and by a handler for every
    /// signal that ends a process and has its default effect.
    package static func begin(_ descriptor: Int32, state: termios, sequence: String) {
        withUnsafePointer(to: state) { cl_terminal_guard(descriptor, $0, sequence) }
    }

    /// Gives them back now; once.
    package static func restore() { cl_terminal_restore() }

    /// Lets SIGWINCH end a wait, and do nothing else.
    package static func hearResizes() { cl_hear_resizes() }
}
