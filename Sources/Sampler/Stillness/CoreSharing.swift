import FrameDecoding
import Glibc
import System
import TargetMemory

/// Stillness without stopping anybody: the sampler runs on the processor that the target's thread is on.
/// While the one runs the other does not. What is read meanwhile is whole if the target's thread did not
/// run, which is told afterwards by a witness; if it did, the reading is rejected.
///
/// With restartable sequences (rseq; glibc 2.35 and later registers them for every thread) the witness is in
/// the thread's own memory: the kernel writes the processor's number there before it lets the thread
/// return to user mode elsewhere. Here it could only run if the sampler was switched out, which is counted.
/// Without, it is the kernel's count of how often the thread was given a processor.
final class CoreSharing: Stillness {
    private let placement: Placement
    private let source: any MemorySource
    private let threadIndex: ThreadIndex
    private let files: ScheduleFiles
    private let kernel: any Kernel
    private let isOnlyWay: Bool
    /// Nil when the scheduler's own counts are the witness.
    private var rseqOffset: Int64?
    /// Whether a thread was seen that has them.
    private var hasSequences = false
    private var refusals = 0
    private static let mostRefusals = 8

    private var held: ThreadState?
    /// Where threads were seen last.
    private var processors: [Address: Int] = [:]
    /// What the witness said before the reading; -1 for nothing.
    private var before = -1
    /// Whether all that was read so far is proven to be of one moment.
    private var isProven = false
    private var since: UInt64 = 0
    /// How long the last reading took that is proven to have had the processor all the time. Nanoseconds.
    private var readTime: UInt64 = 20_000
    private var cost = SampleCost()
    /// No sooner the target's processor is taken again (monotonic nanoseconds).
    private(set) var notBefore: UInt64 = 0
    private(set) var rejected = 0
    /// What came of the last reading; nil when there was none.
    private(set) var wasProven: Bool?

    var isGentle = true
    var sharedIDs: Set<UInt64> = []
    var blocked: [ThreadState] { [] }
    var isWatching: Bool { true }

    /// `cpu_id` is the second word of `struct rseq` (linux/rseq.h).
    private static let processorOffset: Int64 = 4
    private static let mostKnown = 1 << 12

    init(
        _ core: SharedCore, pid: pid_t, source: any MemorySource, threadIndex: ThreadIndex, kernel: any Kernel = Linux.shared
    ) {
        self.kernel = kernel
        placement = core.placement
        isOnlyWay = core.isOnlyWay
        rseqOffset = core.rseqOffset
        self.source = source
        self.threadIndex = threadIndex
        files = ScheduleFiles(pid: pid)
    }

    func holds(_ thread: ThreadState) -> Bool { held?.address == thread.address }
    func hold(likely thread: ThreadState) -> Bool { hold([thread]) }

    /// One thread at a time can be watched like this, and only if it is known which one.
    func hold(_ threads: [ThreadState]) -> Bool {
        wasProven = nil
        guard held == nil, threads.count == 1 else { return false }
        let thread = threads[0]
        guard !sharedIDs.contains(thread.threadID) else { return false }
        // To spin would take the target's time.
        kernel.pause(until: notBefore, spinning: placement.processor == nil)
        if rseqOffset == nil {
            guard let tid = threadIndex.tid(of: thread) else { return false }
            files.open(tid)
        }
        guard let processor = processors[thread.address] ?? look(for: thread),
            placement.move(to: processor) == 0
        else { return false }
        if processors.count > Self.mostKnown { processors.removeAll() }
        processors[thread.address] = processor
        held = thread
        since = kernel.monotonicNow()
        return true
    }

    /// Where `thread` is now; nil when that cannot be told, or is not for us.
    private func look(for thread: ThreadState) -> Int? {
        // One that nobody can interrupt would keep the sampler from running.
        if !isOnlyWay, let tid = threadIndex.tid(of: thread), isRealTime(tid) { return nil }
        guard let witness = witness(of: thread) else { return files.processor() }
        guard let processor = source.load(witness, as: UInt32.self) else { return nil }
        if processor < UInt32(Processors.most) {
            hasSequences = true
            return Int(processor)
        }
        // RSEQ_CPU_ID_UNINITIALIZED, RSEQ_CPU_ID_REGISTRATION_FAILED: this program does without, unless it was a thread
        // that is just being born.
        refusals += 1
        if !hasSequences, refusals == Self.mostRefusals { rseqOffset = nil }
        return nil
    }

    /// Whether `tid` is of a policy (real-time, deadline) that other threads cannot interrupt.
    private func isRealTime(_ tid: pid_t) -> Bool {
        let policy = kernel.schedulingPolicy(of: tid)
        // SCHED_OTHER, SCHED_BATCH, SCHED_IDLE; SCHED_RESET_ON_FORK is a flag beside them.
        return policy >= 0 && ![0, 3, 5].contains(policy & 7)
    }

    /// What Python keeps of a thread is pthread_self(), which is the thread pointer.
    private func witness(of thread: ThreadState) -> Address? {
        rseqOffset.map { thread.threadID &+ UInt64(bitPattern: $0 + Self.processorOffset) }
    }

    func refresh(_ memory: Memory) -> Bool {
        guard let held else { return false }
        memory.prepare()
        noteBefore()
        let processor = memory.refresh(witness: witness(of: held))
        isProven = isUndisturbed(processor)
        if isProven { readTime = kernel.monotonicNow() - since }
        return isProven
    }

    private func noteBefore() {
        if rseqOffset != nil {
            before = kernel.switchesOfThread()
        } else {
            // In this order: on this processor it does not run, and to run later it has to be given one.
            before = files.timesScheduled() ?? -1
            if files.processor() != placement.processor { before = -1 }
        }
    }

    private func isUndisturbed(_ processor: UInt32?) -> Bool {
        guard rseqOffset != nil else { return before >= 0 && files.timesScheduled() == before }
        if let processor, let held, processor < UInt32(Processors.most) {
            processors[held.address] = Int(processor)
        }
        return processor.map { Int($0) } == placement.processor && before >= 0
            && kernel.switchesOfThread() == before
    }

    func wasUnbroken(readingMore: Bool) -> Bool {
        if isProven, readingMore, let held {
            isProven = isUndisturbed(witness(of: held).flatMap { source.load($0) })
        }
        return isProven
    }

    func release() {
        guard let held else { return }
        wasProven = isProven
        if !isProven {
            rejected += 1
            if rseqOffset == nil { processors[held.address] = nil }
        }
        self.held = nil
        isProven = false
        // At most a third of the target's time is taken from it, at whatever rate. What takes many times longer
        // than to read was not spent on the target's processor: this thread waited for it itself.
        let now = kernel.monotonicNow()
        if cost.isLookDue() {
            cost.note(kernel.nanoseconds(on: CLOCK_THREAD_CPUTIME_ID))
        }
        notBefore = now + 2 * max(cost.expected(readTime: readTime), min(now - since, 8 * readTime))
    }
}
