import Glibc

/// Nanoseconds on one of the system's clocks.
package func nanoseconds(on clock: clockid_t) -> UInt64 { Linux.shared.nanoseconds(on: clock) }

/// Nanoseconds on the monotonic clock.
package func monotonicNow() -> UInt64 { Linux.shared.monotonicNow() }

extension Kernel {
    /// To go to sleep and wake up again takes this long: shorter waits are spun through. Nanoseconds.
    package static var shortestSleep: UInt64 { 60_000 }

    /// Waits without a system call until `moment` (monotonic nanoseconds).
    package func spin(until moment: UInt64) {
        while monotonicNow() < moment { spinHint() }
    }

    /// Waits until `moment`, however long; at most a second at a time. Short waits are spun through, but for a
    /// thread whose processor others need (`spinning`).
    package func pause(until moment: UInt64, spinning: Bool) {
        let now = monotonicNow()
        guard now < moment else { return }
        if spinning, moment - now < Self.shortestSleep { return spin(until: moment) }
        sleep(nanoseconds: moment - now)
    }
}
