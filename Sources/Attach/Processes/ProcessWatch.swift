import Glibc

/// Something that happened to a process. Times are monotonic nanoseconds.
package enum ProcessNews {
    case born(pid_t, parent: pid_t, at: UInt64)
    /// It runs another program.
    case executed(pid_t, at: UInt64)
    case ended(pid_t)
}

/// Finds out which processes are born below those under watch, which of them run another program, and
/// which end, without stopping any of them. It knows nothing of who asks.
package protocol ProcessWatch: AnyObject {
    /// When to ask next (monotonic nanoseconds).
    var nextLook: UInt64 { get }
    /// What has happened since the last call to `pids` and to what descends from them, in the order in which it
    /// happened. It may tell of other processes as well.
    func news(of pids: [pid_t]) -> [ProcessNews]
    /// The same as far as it costs little; to be asked when a process has ended, since its children must be told of before.
    func newsBeforeEnd(of pids: [pid_t]) -> [ProcessNews]
}
