import Glibc
import System
import TargetMemory

/// What /proc/PID/stat says of a process (proc_pid_stat(5)).
package struct ProcessStat {
    package var state: Character
    package var parent: pid_t
    /// Clock ticks since boot.
    package var startTime: UInt64

    /// Nil when there is no such process.
    package init?(_ pid: pid_t) {
        guard let fields = ProcFile.stat("/proc/\(pid)/stat"), fields.count > 19, let state = fields[0].first, let parent = pid_t(fields[1]),
            let startTime = UInt64(fields[19])
        else { return nil }
        self.state = state
        self.parent = parent
        self.startTime = startTime
    }

    /// A zombie, or dead.
    package var hasEnded: Bool { state == "Z" || state == "X" }
}
