import Glibc
import System

/// Two timers that wake the thread which made them, by a signal, at moments that are known some time before.
///
/// Setting a CPU's clock is what costs most in sleeping, above all on a virtual machine. A thread that goes to sleep for a
/// while has the clock set for its end, and when that has come the clock is set for whatever is next. A timer that is not
/// the next one to go off does not touch the clock. So one timer is set for the moment after the next while the other
/// still waits for the next: the clock is set once for each moment, and a third of the time is saved.
final class TimerPair {
    /// SIGURG: ignored unless a thread waits for it, and delivered last among the signals waited for.
    static let signal = SIGURG

    private struct Timer {
        var id: Int32
        var moment: UInt64 = 0
    }

    private var timers: [Timer] = []
    private let kernel: any Kernel

    /// Nil where the system has no timers left for this user.
    init?(kernel: any Kernel) {
        self.kernel = kernel
        for _ in 0..<2 {
            let id = kernel.makeTimer(signal: Self.signal)
            // `deinit` gives back those that were made.
            guard id >= 0 else { return nil }
            timers.append(Timer(id: id))
        }
    }

    deinit {
        for timer in timers { kernel.deleteTimer(timer.id) }
    }

    /// Makes the signal come at `moment` (monotonic nanoseconds) as well, or at once when that has passed; false when no
    /// timer can be set. Of two moments that are awaited already, the earlier one is given up.
    func set(for moment: UInt64) -> Bool {
        if timers.contains(where: { $0.moment == moment }) { return true }
        let index = timers[0].moment < timers[1].moment ? 0 : 1
        guard kernel.setTimer(timers[index].id, moment: moment) == 0 else { return false }
        timers[index].moment = moment
        return true
    }
}
