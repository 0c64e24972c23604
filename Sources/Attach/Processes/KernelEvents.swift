import Glibc
import Sampler
import System

/// Births, programs and ends of processes as the kernel announces them (its process events connector,
/// linux/cn_proc.h): nothing is lost, not even what lived for a moment only, and nobody is disturbed.
///
/// The kernel tells root, from Linux 6.6 on everybody; but not within a PID or network namespace of one's
/// own. There `ChildrenScan` has to do.
package final class KernelEvents: ProcessWatch {
    private let events: ProcessEvents
    /// What to do when the kernel had more to tell than its buffer holds.
    private let scan = ChildrenScan()
    package private(set) var nextLook: UInt64 = 0
    private var isMissingSome = false

    /// The buffer holds some thousand events: enough for a tenth of a second on any machine.
    private static let longestPause: UInt64 = 100_000_000
    /// At most this many batches are read at once: the next tick is due.
    private static let maximumBatches = 256

    /// Nil where the kernel does not tell.
    package init?() {
        guard let events = ProcessEvents() else { return nil }
        self.events = events
    }

    package func newsBeforeEnd(of pids: [pid_t]) -> [ProcessNews] { news(of: pids) }

    package func news(of pids: [pid_t]) -> [ProcessNews] {
        var news: [ProcessNews] = []
        nextLook = monotonicNow() + Self.longestPause
        for _ in 0..<Self.maximumBatches {
            let batch = events.next { event, time in
                switch event {
                case .born(let pid, let parent): news.append(.born(pid, parent: parent, at: time))
                case .executed(let pid): news.append(.executed(pid, at: time))
                case .ended(let pid): news.append(.ended(pid))
                }
            }
            if batch == .lost { isMissingSome = true }
            if batch == .read(0) { break }
        }
        guard isMissingSome, monotonicNow() >= scan.nextLook else { return news }
        isMissingSome = false
        return news + scan.news(of: pids)
    }
}
