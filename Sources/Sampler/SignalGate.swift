import CLinux
import Glibc

/// Waits for a moment and for signals at once. The signals that matter are blocked and taken with
/// sigtimedwait, so none can interrupt a step of the sampler: SIGCHLD says that a traced thread
/// stopped or ended, SIGINT, SIGTERM and SIGHUP that the user wants the profile now, SIGTSTP (Ctrl-Z) that
/// pyflame is to stop for a while.
public struct SignalGate {
    public enum Event: Equatable, Sendable {
        case deadline
        case child
        /// `sent`: by a process, to pyflame; otherwise by the terminal, to the whole process group.
        case interrupted(Int32, sent: Bool)
        /// See `stop`.
        case suspended
    }

    private var awaited = sigset_t()
    /// SIGCONT alone: blocked as well, so that one which came before its stop took effect can be told.
    private var continuation = sigset_t()
    /// What was blocked before: a command that is started gets it back.
    public private(set) var before = sigset_t()

    /// Blocks the signals in the calling thread and all that it starts later.
    public init() {
        sigemptyset(&awaited)
        for signal in [SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGTSTP, Pacer.signal] { sigaddset(&awaited, signal) }
        sigemptyset(&continuation)
        sigaddset(&continuation, SIGCONT)
        pthread_sigmask(SIG_BLOCK, &awaited, &before)
        pthread_sigmask(SIG_BLOCK, &continuation, nil)
    }

    /// Lets the signals have their usual effect again in the calling thread.
    public func open() {
        withUnsafePointer(to: before) { _ = pthread_sigmask(SIG_SETMASK, $0, nil) }
    }

    /// Stops pyflame as the SIGTSTP would have that was taken, until it is continued. Where the kernel does not
    /// stop for it (SIGTSTP is ignored, or no shell is there to continue), returns at once.
    public func stop() {
        var none = timespec()
        // Sent later than the SIGTSTP, which would have taken it back.
        if withUnsafePointer(to: continuation, { sigtimedwait($0, nil, &none) }) == SIGCONT { return }
        var stop = sigset_t()
        sigemptyset(&stop)
        sigaddset(&stop, SIGTSTP)
        raise(SIGTSTP)
        pthread_sigmask(SIG_UNBLOCK, &stop, nil)
        pthread_sigmask(SIG_BLOCK, &stop, nil)
        _ = withUnsafePointer(to: continuation) { sigtimedwait($0, nil, &none) }
    }

    /// The calling thread's waits end when they should, not up to 50 µs later so that timers may be gathered.
    public static func wakeInTime() {
        cl_set_timer_slack(1_000)
    }

    /// Returns at `deadline` (monotonic nanoseconds), or with the first signal before it.
    /// `spinning`: short waits are spun through.
    public func wait(until deadline: UInt64, spinning: Bool = true) -> Event {
        while true {
            var now = monotonicNow()
            if spinning, now < deadline, deadline - now < shortestSleep {
                spin(until: deadline)
                now = deadline
            }
            let left = deadline > now ? deadline - now : 0
            var timeout = timespec(
                tv_sec: Int(left / 1_000_000_000), tv_nsec: Int(left % 1_000_000_000))
            var info = siginfo_t()
            let signal = withUnsafePointer(to: awaited) { sigtimedwait($0, &info, &timeout) }
            if let event = event(signal, info) { return event }
            if signal < 0, errno == EAGAIN { return .deadline }
        }
    }

    /// The same for a thread on `processor`, where no timer is to go off: `pacer` tells when it is time.
    func wait(until deadline: UInt64, _ pacer: Pacer, on processor: Int) -> Event {
        while true {
            let now = monotonicNow()
            guard now < deadline else { return wait(until: deadline, spinning: false) }
            pacer.ask(for: deadline, from: processor)
            let longest = min(deadline - now, 900_000_000) + Self.mostPatience
            var timeout = timespec(tv_sec: 0, tv_nsec: Int(longest))
            var info = siginfo_t()
            let signal = withUnsafePointer(to: awaited) { sigtimedwait($0, &info, &timeout) }
            pacer.received(late: signal < 0)
            if let event = event(signal, info) { return event }
            if monotonicNow() >= deadline { return .deadline }
        }
    }

    /// How late a pacer may be before the sampler looks for itself. Nanoseconds. Longer than the scheduler's tick (4 ms in most
    /// kernels): a timer that is not the next to go off need not be set in the processor's clock.
    private static let mostPatience: UInt64 = 12_000_000

    /// Nil for none, and for a pacer's.
    private func event(_ signal: Int32, _ info: siginfo_t) -> Event? {
        switch signal {
        case SIGCHLD: .child
        case SIGTSTP: .suspended
        case Pacer.signal: nil
        case 1...: .interrupted(signal, sent: info.si_code <= 0)
        default: nil
        }
    }
}
