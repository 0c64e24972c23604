import Glibc

/// A set of signals; a value that can be compared and named, unlike `sigset_t`.
package struct SignalSet: Equatable, Sendable {
    /// Bit n - 1 stands for signal n.
    package private(set) var bits: UInt64 = 0

    package init(_ signals: [Int32]) {
        for signal in signals { bits |= 1 << UInt64(signal - 1) }
    }

    package func contains(_ signal: Int32) -> Bool { bits & 1 << UInt64(signal - 1) != 0 }

    /// The same, as the C library has it.
    package var set: sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in 1...Int32(64) where contains(signal) { sigaddset(&set, signal) }
        return set
    }
}

/// A signal that was taken with sigtimedwait(2), and the parts of its siginfo_t that pyflame uses.
package struct TakenSignal: Equatable, Sendable {
    /// The signal; the negated `errno` when there was none (-EAGAIN: in time).
    package var number: Int32
    /// `si_code`.
    package var code: Int32
    /// `si_pid`: of SIGCHLD, the thread that it is about.
    package var sender: pid_t
    /// `si_status`.
    package var status: Int32

    package init(number: Int32, code: Int32 = 0, sender: pid_t = 0, status: Int32 = 0) {
        self.number = number
        self.code = code
        self.sender = sender
        self.status = status
    }

    package static let none = TakenSignal(number: -EAGAIN)
}
