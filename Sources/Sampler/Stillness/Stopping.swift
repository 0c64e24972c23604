import FrameDecoding
import Glibc
import TargetMemory

/// Stillness by ptrace: threads that run are stopped. A thread in a system call changes nothing while it
/// is there, and would see EINTR: it is left alone, and looked at again afterwards.
final class Stopping: Stillness {
    private let files: TaskFiles
    private let tracees: Tracees
    private let threadIndex: ThreadIndex

    private struct Holder {
        var thread: ThreadState
        var tid: pid_t
        /// The system call it is blocked in while it holds the GIL; nil when it ran and was stopped.
        var blockedIn: String?
        var timesScheduled: String?
    }

    private var held: [Holder] = []
    private var stopped: [pid_t] = []
    private var since: UInt64 = 0
    private var notBefore: UInt64 = 0
    var isGentle = true
    /// Some microseconds pass until a thread stands still: what can be done in them.
    var meanwhile: () -> Void = {}
    let systemCalls = 0
    let rejected = 0
    private(set) var stops = 0
    /// How long the target's threads were stopped, each time: nanoseconds.
    private(set) var stopTimes = DurationHistogram()

    /// The target runs at least this long between two stops, in nanoseconds.
    private static let shortestRun: UInt64 = 16_000
    /// So long a thread goes on after it was asked to stop.
    private static let lead: UInt64 = 4_000

    init(files: TaskFiles, tracees: Tracees, threadIndex: ThreadIndex) {
        self.files = files
        self.tracees = tracees
        self.threadIndex = threadIndex
    }

    var blocked: [ThreadState] { held.filter { $0.blockedIn != nil }.map(\.thread) }
    func holds(_ thread: ThreadState) -> Bool { held.contains { $0.thread.address == thread.address } }
    func run(_ memory: Memory, _ body: @escaping () -> Void) { body() }

    func refresh(_ memory: Memory) -> Bool {
        memory.refresh()
        return true
    }

    func hold(likely thread: ThreadState) -> Bool {
        guard let tid = threadIndex.knownTID(of: thread), tracees.traces(tid) else { return false }
        waitUntilRunLongEnough()
        guard files.blockedSystemCall(of: tid) == nil else { return false }
        interrupt(Holder(thread: thread, tid: tid))
        return awaitStop(of: held[...])
    }

    func hold(_ threads: [ThreadState]) -> Bool {
        if held.isEmpty { waitUntilRunLongEnough() }
        let first = held.count
        for thread in threads {
            guard let tid = threadIndex.tid(of: thread) else { return false }
            var holder = Holder(thread: thread, tid: tid)
            if isGentle { holder.blockedIn = files.blockedSystemCall(of: tid) }
            if holder.blockedIn != nil {
                holder.timesScheduled = files.timesScheduled(tid)
                held.append(holder)
            } else {
                guard tracees.seize(tid) == 0 else {
                    threadIndex.forget(tid)
                    return false
                }
                interrupt(holder)
            }
        }
        return awaitStop(of: held[first...])
    }

    private func interrupt(_ holder: Holder) {
        if stopped.isEmpty { since = monotonicNow() }
        tracees.interrupt(holder.tid)
        stopped.append(holder.tid)
        held.append(holder)
    }

    private func awaitStop(of holders: ArraySlice<Holder>) -> Bool {
        meanwhile()
        for holder in holders where holder.blockedIn == nil {
            guard tracees.awaitStop(holder.tid) == .stopped,
                threadIndex.confirm(
                    holder.tid, is: holder.thread,
                    threadPointer: { tracees.threadPointer(of: holder.tid) })
            else { return false }
        }
        return true
    }

    /// A holder that sat in a system call was left there: did it stay?
    func wasUnbroken() -> Bool {
        held.allSatisfy { holder in
            guard let call = holder.blockedIn else { return true }
            return files.blockedSystemCall(of: holder.tid) == call
                && files.timesScheduled(holder.tid) == holder.timesScheduled
        }
    }

    func release() {
        held.removeAll(keepingCapacity: true)
        guard !stopped.isEmpty else { return }
        for tid in stopped { tracees.resume(tid) }
        let now = monotonicNow()
        let time = now - since
        stops += stopped.count
        stopTimes.add(time)
        stopped.removeAll(keepingCapacity: true)
        // At most a third of the target's time is taken from it, at whatever rate.
        notBefore = now + max(Self.shortestRun, 2 * (time - min(time, Self.lead)))
    }

    private func waitUntilRunLongEnough() {
        pause(until: notBefore)
    }
}
