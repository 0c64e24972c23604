import CLinux
import Glibc

/// Nanoseconds on one of the system's clocks.
public func nanoseconds(on clock: clockid_t) -> UInt64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// Nanoseconds on the monotonic clock.
public func monotonicNow() -> UInt64 { nanoseconds(on: CLOCK_MONOTONIC) }

/// To go to sleep and wake up again takes this long: shorter waits are spun through. Nanoseconds.
let shortestSleep: UInt64 = 60_000

/// Waits without a system call until `moment`.
func spin(until moment: UInt64) {
    while monotonicNow() < moment { cl_spin_hint() }
}

/// Waits until `moment`, however long; at most a second at a time. Short waits are spun through, but for a
/// thread whose processor others need (`spinning`).
func pause(until moment: UInt64, spinning: Bool) {
    let now = monotonicNow()
    guard now < moment else { return }
    if spinning, moment - now < shortestSleep { return spin(until: moment) }
    var time = timespec(tv_sec: 0, tv_nsec: Int(min(moment - now, 999_999_999)))
    nanosleep(&time, nil)
}
