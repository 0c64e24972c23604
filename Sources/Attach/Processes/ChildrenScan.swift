import Glibc
import Sampler
import System
import TargetMemory

/// Looks through /proc for the children of the processes under watch, again and again. What lives for
/// less than the time between two looks may be missed, and with it what it started.
package final class ChildrenScan: ProcessWatch {
    package init() {}

    /// When each process was started (clock ticks since boot): tells a PID that is used again.
    private var startTimes: [pid_t: UInt64] = [:]
    package private(set) var nextLook: UInt64 = 0

    private static let pause: UInt64 = 10_000_000
    /// Looking may take a twentieth of the time, no more.
    private static let share: UInt64 = 20
    /// At most so many bytes are read of the list of one thread's children.
    private static let largestList = 1 << 18

    /// Empty: when a process has ended, /proc names its children as those of another one.
    package func newsBeforeEnd(of pids: [pid_t]) -> [ProcessNews] { [] }

    package func news(of pids: [pid_t]) -> [ProcessNews] {
        let start = monotonicNow()
        guard start >= nextLook else { return [] }
        var news: [ProcessNews] = []
        var queue = pids
        let known = Set(queue)
        startTimes = startTimes.filter { known.contains($0.key) }
        for pid in queue where !isStillThere(pid) {
            startTimes[pid] = nil
            news.append(.ended(pid))
        }
        queue = queue.filter { startTimes[$0] != nil }
        while let parent = queue.popLast() {
            for child in children(of: parent) where startTimes[child] == nil {
                guard isStillThere(child) else { continue }
                news.append(.born(child, parent: parent, at: monotonicNow()))
                queue.append(child)
            }
        }
        let now = monotonicNow()
        nextLook = now + max(Self.pause, Self.share * (now - start))
        return news
    }

    /// Whether the process lives, and is the one that was seen before.
    private func isStillThere(_ pid: pid_t) -> Bool {
        guard let stat = ProcessStat(pid), !stat.hasEnded else { return false }
        let known = startTimes[pid] ?? stat.startTime
        startTimes[pid] = known
        return known == stat.startTime
    }

    private func children(of pid: pid_t) -> [pid_t] {
        guard let tasks = ProcFile.names(in: "/proc/\(pid)/task") else { return [] }
        var children: [pid_t] = []
        for task in tasks {
            guard
                let list = ProcFile.text("/proc/\(pid)/task/\(task)/children", limit: Self.largestList)
            else { continue }
            children += list.split(separator: " ").compactMap { pid_t($0) }
        }
        return children
    }
}
