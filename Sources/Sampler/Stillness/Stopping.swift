import FrameDecoding
import Glibc
import System
import TargetMemory

/// Stillness by ptrace: threads that run are stopped. A thread in a system call changes nothing while it
/// is there, and would see EINTR: it is left alone, and looked at again afterwards.
final class Stopping: Stillness {
    private let kernel: any Kernel
    private let files: TaskFiles
    private let tracees: Tracees
    private let threadIndex: ThreadIndex
    /// Nil when this thread never keeps to a processor.
    private let placement: Placement?

    private struct Holder {
        var thread: ThreadState
        var tid: pid_t
        /// The system call it is blocked in while it holds the GIL; nil when it ran and was stopped.
        var blockedIn: String?
        var timesScheduled: String?
        /// Whether it is only one of those that may run the thread state.
        var isGuess = false
    }

    private var held: [Holder] = []
    private var stopped: [pid_t] = []
    private var since: UInt64 = 0
    private var notBefore: UInt64 = 0
    var isGentle = true
    var sharedIDs: Set<UInt64> = []
    /// Some microseconds pass until a thread stands still: what can be done in them.
    var meanwhile: () -> Void = {}
    let rejected = 0
    private(set) var stops = 0
    /// How long the target's threads were stopped, each time: nanoseconds.
    private(set) var stopTimes = DurationHistogram()

    /// The target runs at least this long between two stops, in nanoseconds.
    private static let shortestRun: UInt64 = 16_000
    /// So long a thread goes on after it was asked to stop.
    private static let lead: UInt64 = 4_000

    init(
        files: TaskFiles, tracees: Tracees, threadIndex: ThreadIndex, placement: Placement?, kernel: any Kernel = Linux.shared
    ) {
        self.kernel = kernel
        self.placement = placement
        self.files = files
        self.tracees = tracees
        self.threadIndex = threadIndex
    }

    var blocked: [ThreadState] { held.filter { $0.blockedIn != nil && !$0.isGuess }.map(\.thread) }
    func holds(_ thread: ThreadState) -> Bool { held.contains { $0.thread.address == thread.address } }
    var isWatching: Bool { false }

    func refresh(_ memory: Memory) -> Bool {
        memory.refresh()
        return true
    }

    func hold(likely thread: ThreadState) -> Bool {
        guard !sharedIDs.contains(thread.threadID), let tid = threadIndex.knownTID(of: thread),
            tracees.traces(tid)
        else { return false }
        waitUntilRunLongEnough()
        guard files.blockedSystemCall(of: tid) == nil else { return false }
        interrupt(Holder(thread: thread, tid: tid))
        return awaitStop(of: held[...])
    }

    func hold(_ threads: [ThreadState]) -> Bool {
        if held.isEmpty { waitUntilRunLongEnough() }
        let first = held.count
        for thread in threads {
            if sharedIDs.contains(thread.threadID) {
                holdEveryone(for: thread)
            } else if let tid = threadIndex.tid(of: thread) {
                guard hold(Holder(thread: thread, tid: tid)) else { return false }
            } else {
                return false
            }
        }
        return awaitStop(of: held[first...])
    }

    /// False when it is gone.
    private func hold(_ holder: Holder) -> Bool {
        var holder = holder
        if isGentle { holder.blockedIn = files.blockedSystemCall(of: holder.tid) }
        if holder.blockedIn != nil {
            holder.timesScheduled = files.timesScheduled(holder.tid)
            held.append(holder)
            return true
        }
        guard tracees.seize(holder.tid) == 0 else {
            threadIndex.forget(holder.tid)
            return false
        }
        interrupt(holder)
        return true
    }

    /// uWSGI with several applications and threads makes an application's thread states in its main thread, and
    /// runs them in the others: nothing in a state says which thread that is.
    private func holdEveryone(for thread: ThreadState) {
        for tid in files.tasks() where !held.contains(where: { $0.tid == tid }) {
            _ = hold(Holder(thread: thread, tid: tid, isGuess: true))
        }
    }

    private func interrupt(_ holder: Holder) {
        if stopped.isEmpty { since = kernel.monotonicNow() }
        tracees.interrupt(holder.tid)
        stopped.append(holder.tid)
        held.append(holder)
    }

    private func awaitStop(of holders: ArraySlice<Holder>) -> Bool {
        meanwhile()
        return holders.allSatisfy { holder in
            if holder.blockedIn != nil { return true }
            let stop = tracees.awaitStop(holder.tid, spinning: !sharesCore)
            if holder.isGuess { return stop != .late }
            return stop == .stopped
                && threadIndex.confirm(
                    holder.tid, is: holder.thread,
                    threadPointer: { tracees.threadPointer(of: holder.tid) })
        }
    }

    /// A holder that sat in a system call was left there: did it stay?
    func wasUnbroken(readingMore: Bool) -> Bool {
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
        let now = kernel.monotonicNow()
        let time = now - since
        stops += stopped.count
        stopTimes.add(time)
        stopped.removeAll(keepingCapacity: true)
        // At most a third of the target's time is taken from it, at whatever rate.
        notBefore = now + max(Self.shortestRun, 2 * (time - min(time, Self.lead)))
    }

    /// Whether the target may be on the processor that this thread keeps to: it cannot stop while this spins.
    private var sharesCore: Bool { placement?.processor != nil }

    private func waitUntilRunLongEnough() {
        kernel.pause(until: notBefore, spinning: !sharesCore)
    }
}
