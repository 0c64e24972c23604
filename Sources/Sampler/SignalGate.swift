import Glibc
import System

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

    private static let awaited = SignalSet([SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGTSTP, TimerPair.signal])
    let kernel: any Kernel
    private static let pauseAfterError: UInt64 = 10_000_000
    /// SIGCONT alone: blocked as well, so that one which came before its stop took effect can be told.
    private var continuation = sigset_t()
    /// What was blocked before: a command that is started gets it back.
    public private(set) var before = sigset_t()

    /// Blocks the signals in the calling thread and all that it starts later.
    public init() { self.init(kernel: Linux.shared) }

    package init(kernel: any Kernel) {
        self.kernel = kernel
        var awaited = Self.awaited.set
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
        // Sent later than the SIGTSTP, which would have taken it back. Who sends both at once is given the time for it: a
        // SIGCONT between this look and the next line would be taken back, too, and nobody would send another.
        var moment = timespec(tv_sec: 0, tv_nsec: 2_000_000)
        if withUnsafePointer(to: continuation, { sigtimedwait($0, nil, &moment) }) == SIGCONT { return }
        var stop = sigset_t()
        sigemptyset(&stop)
        sigaddset(&stop, SIGTSTP)
        raise(SIGTSTP)
        pthread_sigmask(SIG_UNBLOCK, &stop, nil)
        pthread_sigmask(SIG_BLOCK, &stop, nil)
        _ = withUnsafePointer(to: continuation) { sigtimedwait($0, nil, &none) }
    }

    /// The calling thread's waits end when they should, not up to 50 µs later so that timers may be gathered.
    func wakeInTime() {
        kernel.setTimerSlack(nanoseconds: 1_000)
    }

    /// Returns at `deadline` (monotonic nanoseconds), or with the first signal before it.
    /// `spinning`: short waits are spun through.
    public func wait(until deadline: UInt64, spinning: Bool = true) -> Event {
        wait(until: deadline, spinning: spinning, nil)
    }

    /// The same; `timers`, where there are some, wake this thread rather than a limit on its wait.
    func wait(until deadline: UInt64, spinning: Bool, _ timers: TimerPair?) -> Event {
        while true {
            var now = kernel.monotonicNow()
            if spinning, now < deadline, deadline - now < Linux.shortestSleep {
                kernel.spin(until: deadline)
                now = deadline
            }
            let left = deadline > now ? deadline - now : 0
            let isTimed = left > 0 && timers?.set(for: deadline) == true
            let signal = kernel.takeSignal(among: Self.awaited, within: isTimed ? nil : left)
            switch signal.number {
            case SIGCHLD: return .child
            case SIGTSTP: return .suspended
            // It may have been for another moment.
            case TimerPair.signal: if kernel.monotonicNow() >= deadline { return .deadline }
            case 1...: return .interrupted(signal.number, sent: signal.code <= 0)
            case -EAGAIN, -EINTR: if kernel.monotonicNow() >= deadline { return .deadline }
            default:
                // The call is not to be had (a filter may forbid it). No wait outlives its moment, and none burns the CPU.
                let now = kernel.monotonicNow()
                if now >= deadline { return .deadline }
                kernel.sleep(nanoseconds: min(deadline - now, Self.pauseAfterError))
            }
        }
    }
}
