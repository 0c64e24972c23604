import CLinux
import Glibc
import Sampler

/// Births, programs and ends of processes as the kernel announces them (its process events connector,
/// linux/cn_proc.h): nothing is lost, not even what lived for a moment only, and nobody is disturbed.
///
/// The kernel tells root, from Linux 6.6 on everybody; but not within a PID or network namespace of one's
/// own. There `ChildrenScan` has to do.
package final class KernelEvents: ProcessWatch {
    private let descriptor: Int32
    /// What to do when the kernel had more to tell than its buffer holds.
    private let scan = ChildrenScan()
    package private(set) var nextLook: UInt64 = 0
    private var ownSystemCalls = 0
    private var isMissingSome = false
    package var systemCalls: Int { ownSystemCalls + scan.systemCalls }

    /// The buffer holds some thousand events: enough for a tenth of a second on any machine.
    private static let longestPause: UInt64 = 100_000_000
    /// At most this many batches are read at once: the next tick is due.
    private static let mostBatches = 256
    private static let batch = 32

    /// Nil where the kernel does not tell.
    package init?() {
        descriptor = cl_process_events_open()
        guard descriptor >= 0 else { return nil }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    package func catchUp(_ tree: ProcessTree) { report(to: tree) }

    package func report(to tree: ProcessTree) {
        nextLook = monotonicNow() + Self.longestPause
        var events = [cl_process_event](repeating: cl_process_event(), count: Self.batch)
        for _ in 0..<Self.mostBatches {
            let count = cl_process_events_read(descriptor, &events, Int32(events.count))
            ownSystemCalls += 1
            if count == -ENOBUFS {
                isMissingSome = true
                continue
            }
            guard count > 0 else { break }
            for event in events[..<Int(count)] {
                switch Int(event.kind) {
                case CL_PROCESS_BORN:
                    tree.note(.born(event.pid, parent: event.parent, at: event.time))
                case CL_PROCESS_EXECUTED: tree.note(.executed(event.pid, at: event.time))
                case CL_PROCESS_ENDED: tree.note(.ended(event.pid))
                default: continue
                }
            }
        }
        guard isMissingSome, monotonicNow() >= scan.nextLook else { return }
        isMissingSome = false
        scan.report(to: tree)
    }
}
