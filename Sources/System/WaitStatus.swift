import Glibc

/// What wait(2) tells of a thread. The macros of sys/wait.h, which Swift cannot import.
package struct WaitStatus: Equatable, Sendable {
    package var raw: Int32

    package init(raw: Int32 = 0) { self.raw = raw }

    /// A thread that stopped for `signal`, with `event` as the ptrace event (0: none).
    package static func stopped(signal: Int32, event: Int32 = 0) -> WaitStatus {
        WaitStatus(raw: event << 16 | signal << 8 | 0x7f)
    }
    package static func exited(_ code: Int32) -> WaitStatus { WaitStatus(raw: (code & 0xff) << 8) }
    package static func killed(by signal: Int32) -> WaitStatus { WaitStatus(raw: signal) }

    /// The status that it ended with by itself; nil when it did not.
    package var exitCode: Int32? { raw & 0x7f == 0 ? raw >> 8 & 0xff : nil }
    /// The signal that ended it; nil when none did.
    package var terminatingSignal: Int32? {
        let signal = raw & 0x7f
        return signal != 0 && signal != 0x7f ? signal : nil
    }
    package var hasEnded: Bool { exitCode != nil || terminatingSignal != nil }
    /// The signal that it stopped for; nil when it did not stop.
    package var stopSignal: Int32? { raw & 0xff == 0x7f ? raw >> 8 & 0xff : nil }
    /// The ptrace event of a stop; nil for none.
    package var event: TraceEvent? { raw >> 16 == 0 ? nil : TraceEvent(rawValue: raw >> 16) ?? .other }
}

/// PTRACE_EVENT_* of sys/ptrace.h.
package enum TraceEvent: Int32, Sendable {
    case fork = 1
    case vfork = 2
    case clone = 3
    case exec = 4
    /// PTRACE_EVENT_STOP: what PTRACE_INTERRUPT asks for, group-stops and the first stop of a new thread.
    case stop = 128
    case other = -1
}

/// PTRACE_O_* of sys/ptrace.h.
package struct TraceOptions: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let fork = TraceOptions(rawValue: 0x2)
    package static let vfork = TraceOptions(rawValue: 0x4)
    package static let clone = TraceOptions(rawValue: 0x8)
    package static let exec = TraceOptions(rawValue: 0x10)
}
