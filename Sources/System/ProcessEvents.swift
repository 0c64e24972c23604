import CLinux
import Glibc

/// Births, programs and ends of all processes, as the kernel's process events connector (linux/cn_proc.h) announces
/// them.
package final class ProcessEvents {
    package enum Event {
        case born(pid_t, parent: pid_t)
        case executed(pid_t)
        case ended(pid_t)
    }

    private let descriptor: Int32
    private static let batch = 32

    /// Nil where the kernel does not tell: without the privilege, and in a PID or network namespace of one's own.
    package init?() {
        cl_count_calls(6)
        descriptor = cl_process_events_open()
        guard descriptor >= 0 else { return nil }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    package enum Batch: Equatable {
        /// So many messages; 0 when there are none now.
        case read(Int)
        /// The kernel had more to tell than its buffer holds: some are lost.
        case lost
    }

    /// Tells of the next events, some thirty at most. Times are on the monotonic clock, in nanoseconds.
    package func next(_ note: (Event, _ at: UInt64) -> Void) -> Batch {
        var events = [cl_process_event](repeating: cl_process_event(), count: Self.batch)
        cl_count_calls(1)
        let count = cl_process_events_read(descriptor, &events, Int32(events.count))
        if count == -ENOBUFS { return .lost }
        for event in events[..<max(Int(count), 0)] {
            switch Int(event.kind) {
            case CL_PROCESS_BORN: note(.born(event.pid, parent: event.parent), event.time)
            case CL_PROCESS_EXECUTED: note(.executed(event.pid), event.time)
            case CL_PROCESS_ENDED: note(.ended(event.pid), event.time)
            default: continue
            }
        }
        return .read(max(Int(count), 0))
    }
}
