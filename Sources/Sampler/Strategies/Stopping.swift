import FrameDecoding
import Glibc
import System
import TargetMemory

/// Samples by ptrace: threads that run are stopped. A thread in a system call changes nothing while it is there, and would
/// see EINTR: it is left alone, and the kernel is asked afterwards whether it stayed.
final class Stopping: SamplingStrategy {
    private let kernel: any Kernel
    private let reader: SampleReader
    private let files: TaskFiles
    private let tracees: Tracees
    private var threadIndex: ThreadIndex { reader.threadIndex }
    /// Nil when this thread is never pinned to a CPU.
    private let affinity: CPUAffinity?

    private struct Held {
        var thread: ThreadState
        var tid: pid_t
        /// The system call it is blocked in while it holds the GIL; nil when it ran and was stopped.
        var blockedIn: String?
        var timesScheduled: String?
        /// Whether it is only one of those that may run the thread state.
        var isGuess = false
    }

    private var held: [Held] = []
    private var stopped: [pid_t] = []
    private var since: UInt64 = 0
    private var notBefore: UInt64 = 0
    /// How often in this sample a thread that was left alone did not stay.
    private var wakeUps = 0
    private(set) var stops = 0
    /// How long the target's threads were stopped, each time: nanoseconds.
    private(set) var stopTimes = DurationHistogram()

    /// The lock is followed from thread to thread this far.
    private static let maximumHolders = 16
    /// How often the lock is read again while it changes hands, with threads held.
    private static let maximumLockReads = 4
    /// In a build without a GIL, threads may sit in system calls and wake up all the time. After so many attempts of one
    /// sample they are stopped even there: every such Python takes EINTR well.
    private static let gentleAttempts = 2
    /// The target runs at least this long between two stops, in nanoseconds.
    private static let shortestRun: UInt64 = 16_000
    /// A thread goes on for so long after it was asked to stop. Nanoseconds.
    private static let lead: UInt64 = 4_000

    init(reader: SampleReader, files: TaskFiles, tracees: Tracees, affinity: CPUAffinity?, kernel: any Kernel) {
        self.kernel = kernel
        self.reader = reader
        self.affinity = affinity
        self.files = files
        self.tracees = tracees
    }

    func beginSample() { wakeUps = 0 }

    func attempt(_ holders: [ThreadState], isGuess: Bool) -> AttemptResult {
        guard !holders.isEmpty else { return .notAvailable }
        defer { release() }
        guard isGuess ? holdIfItRuns(holders[0]) : hold(holders) else { return .moved }
        return readHeld()
    }

    /// Reads while some threads stand still. Another one may have taken the lock before they did: it is held as well, and
    /// those that stand still cannot take it back, so this comes to an end.
    private func readHeld() -> AttemptResult {
        var lockReads = 0
        for _ in 0..<Self.maximumHolders {
            reader.memory.refresh()
            switch reader.read(isHeld: { thread in held.contains { $0.thread.address == thread.address } }) {
            case .changing:
                lockReads += 1
                if lockReads == Self.maximumLockReads { return .lockElsewhere }
            case .needs(let others): guard hold(others) else { return .moved }
            case .free, .unclear: return .lockElsewhere
            case .sample(let samples, let holder, let hasDetached):
                _ = reader.readsMore(for: samples)
                guard allStayed() else {
                    if hasDetached { wakeUps += 1 }
                    return .moved
                }
                reader.memory.confirm()
                return .sampled(withoutBlocked(samples), holder: holder)
            }
        }
        return .lockElsewhere
    }

    /// A holder that is blocked in a system call uses no processor.
    private func withoutBlocked(_ samples: [ThreadSample]) -> [ThreadSample] {
        guard reader.processorUse != nil else { return samples }
        var samples = samples
        for holder in held where holder.blockedIn != nil && !holder.isGuess {
            for index in samples.indices where samples[index].thread.address == holder.thread.address {
                samples[index].isRunning = false
            }
        }
        if reader.options.mode == .cpu { samples.removeAll { $0.isRunning == false } }
        return samples
    }

    /// Holds the thread that most likely has the lock, before anybody looked; false when the kernel says at once that it
    /// does not run.
    private func holdIfItRuns(_ thread: ThreadState) -> Bool {
        guard !reader.sharedIDs.contains(thread), let tid = threadIndex.knownTID(of: thread), tracees.traces(tid)
        else { return false }
        waitUntilRunLongEnough()
        guard files.blockedSystemCall(of: tid) == nil else { return false }
        interrupt(Held(thread: thread, tid: tid))
        return awaitStop(of: held[...])
    }

    /// Sees to it that `threads` stand still as well; false when that cannot be had now.
    private func hold(_ threads: [ThreadState]) -> Bool {
        if held.isEmpty { waitUntilRunLongEnough() }
        let first = held.count
        for thread in threads {
            if reader.sharedIDs.contains(thread) {
                holdEveryone(for: thread)
            } else if let tid = threadIndex.tid(of: thread) {
                guard hold(Held(thread: thread, tid: tid)) else { return false }
            } else {
                return false
            }
        }
        return awaitStop(of: held[first...])
    }

    /// False when it is gone.
    private func hold(_ thread: Held) -> Bool {
        var thread = thread
        if wakeUps < Self.gentleAttempts { thread.blockedIn = files.blockedSystemCall(of: thread.tid) }
        if thread.blockedIn != nil {
            thread.timesScheduled = files.timesScheduled(thread.tid)
            held.append(thread)
            return true
        }
        guard tracees.seize(thread.tid) == 0 else {
            threadIndex.forget(thread.tid)
            return false
        }
        interrupt(thread)
        return true
    }

    /// uWSGI with several applications and threads makes an application's thread states in its main thread, and
    /// runs them in the others: nothing in a state says which thread that is.
    private func holdEveryone(for thread: ThreadState) {
        for tid in files.tasks() where !held.contains(where: { $0.tid == tid }) {
            _ = hold(Held(thread: thread, tid: tid, isGuess: true))
        }
    }

    private func interrupt(_ thread: Held) {
        if stopped.isEmpty { since = kernel.monotonicNow() }
        tracees.interrupt(thread.tid)
        stopped.append(thread.tid)
        held.append(thread)
    }

    private func awaitStop(of threads: ArraySlice<Held>) -> Bool {
        // Some microseconds pass until a thread stands still: this can be done in them.
        reader.memory.prepare()
        return threads.allSatisfy { thread in
            if thread.blockedIn != nil { return true }
            let stop = tracees.awaitStop(thread.tid, spinning: !sharesCore)
            if thread.isGuess { return stop != .late }
            return stop == .stopped
                && threadIndex.confirm(
                    thread.tid, is: thread.thread, threadPointer: { tracees.threadPointer(of: thread.tid) })
        }
    }

    /// Whether those that sat in a system call, and were left there, stayed.
    private func allStayed() -> Bool {
        held.allSatisfy { thread in
            guard let call = thread.blockedIn else { return true }
            return files.blockedSystemCall(of: thread.tid) == call
                && files.timesScheduled(thread.tid) == thread.timesScheduled
        }
    }

    private func release() {
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

    /// Whether the target may be on the CPU that this thread is pinned to: it cannot stop while this spins.
    private var sharesCore: Bool { affinity?.cpu != nil }

    private func waitUntilRunLongEnough() { kernel.pause(until: notBefore, spinning: !sharesCore) }
}
