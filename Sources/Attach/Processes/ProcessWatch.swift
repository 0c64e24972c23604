import Glibc

/// Something that happened to a process. Times are monotonic nanoseconds.
package enum ProcessNews {
    case born(pid_t, parent: pid_t, at: UInt64)
    /// It runs another program.
    case executed(pid_t, at: UInt64)
    case ended(pid_t)
}

/// Finds out which processes are born below those under watch, which become other programs, and
/// which end; without stopping any of them.
package protocol ProcessWatch: AnyObject {
    /// When to ask next (monotonic nanoseconds).
    var nextLook: UInt64 { get }
    /// Tells `tree` what has happened since the last call.
    func report(to tree: ProcessTree)
    /// The same, as far as it costs little: an end is to be told of after the births that came before it.
    func catchUp(_ tree: ProcessTree)
}
