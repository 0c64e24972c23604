import Glibc
import System

/// Wakes the thread that made it at moments that are known some time before, by a signal.
///
/// To set a processor's clock is what costs most in sleeping, above all on a virtual machine: when a thread goes to sleep for a while,
/// the clock is set for its end, and when that has come, for what is next. A timer that is not the next one to go off does
/// not touch the clock. So there are two, and the one is set for the moment after the next while the other still
/// waits for the next: the clock is set once for each, and a third of the time goes.
final class Alarms {
    /// SIGURG: does nothing to who does not wait for it, and of those awaited it is taken last.
    static let signal = SIGURG

    private struct Timer {
        var id: Int32
        var moment: UInt64 = 0
    }

    private var timers: [Timer] = []
    private let kernel: any Kernel

    /// Nil where the system has no timers left for this user.
    init?(kernel: any Kernel = Linux.shared) {
        self.kernel = kernel
        for _ in 0..<2 {
            let id = kernel.makeTimer(signal: Self.signal)
            // What was made is taken back with the object.
            guard id >= 0 else { return nil }
            timers.append(Timer(id: id))
        }
    }

    deinit {
        for timer in timers { kernel.deleteTimer(timer.id) }
    }

    /// Sees to it that the signal comes at `moment` (monotonic nanoseconds), too, or has come: false when it cannot be.
    /// Of two moments that are awaited already, the earlier one is given up.
    func set(for moment: UInt64) -> Bool {
        if timers.contains(where: { $0.moment == moment }) { return true }
        let index = timers[0].moment < timers[1].moment ? 0 : 1
        guard kernel.setTimer(timers[index].id, moment: moment) == 0 else { return false }
        timers[index].moment = moment
        return true
    }
}
