import FrameDecoding
import Glibc
import System
import TargetMemory

/// Samples without stopping anybody: the sampler runs on the CPU that the target's thread is on. While the one runs the
/// other does not. What is read meanwhile is whole if the target's thread did not run, which a witness tells afterwards;
/// if it did run, the reading is thrown away.
///
/// With restartable sequences (rseq; glibc 2.35 and later registers them for every thread) the witness is in
/// the thread's own memory: the kernel writes the CPU's number there before it lets the thread return to user mode
/// elsewhere. Here it could only run if the sampler was switched out, which is counted. Without them, the witness is the
/// kernel's count of how often the thread was given a CPU.
final class CoreSharing: SamplingStrategy {
    private let reader: SampleReader
    private let affinity: CPUAffinity
    private let source: any MemorySource
    private let files: ScheduleFiles
    private let kernel: any Kernel
    private let isOnlyWay: Bool
    /// Nil when the scheduler's own counts are the witness.
    private var rseqOffset: Int64?
    /// Whether a thread was seen that has them.
    private var hasSequences = false
    private var refusals = 0
    private static let maximumRefusals = 8

    private var history = SharingHistory()
    /// On which CPU threads were seen last.
    private var cpus: [Address: Int] = [:]
    /// What the witness said before the reading; -1 for nothing.
    private var before = -1
    private var since: UInt64 = 0
    /// How long the last reading took that is proven to have had the CPU all the time. Nanoseconds.
    private var readTime: UInt64 = 20_000
    private var cost = SampleCost()
    /// The target's CPU is not taken again before (monotonic nanoseconds).
    private(set) var notBefore: UInt64 = 0
    /// How many readings were thrown away.
    private(set) var rejected = 0

    /// `cpu_id` is the second word of `struct rseq` (linux/rseq.h).
    private static let cpuOffset: Int64 = 4
    private static let maximumKnown = 1 << 12

    init(_ core: SharedCore, pid: pid_t, reader: SampleReader, kernel: any Kernel) {
        self.kernel = kernel
        self.reader = reader
        affinity = core.affinity
        isOnlyWay = core.isOnlyWay
        rseqOffset = core.rseqOffset
        source = reader.memory.source
        files = ScheduleFiles(pid: pid, kernel: kernel)
    }

    func beginSample() { history.beginSample() }

    /// One thread at a time can be watched like this.
    func attempt(_ holders: [ThreadState], isGuess: Bool) -> AttemptResult {
        guard holders.count == 1 else { return .notAvailable }
        if isOnlyWay { return attemptOnce(holders[0]) }
        // Whether a thread is blocked while it holds the GIL, only the way to a stop finds out.
        guard reader.processorUse == nil, history.isWorthTrying else { return .notAvailable }
        var result = attemptOnce(holders[0])
        // It is known by now where the thread has gone.
        if case .moved = result { result = attemptOnce(holders[0]) }
        switch result {
        case .sampled, .lockElsewhere: history.note(success: true)
        case .moved, .notAvailable: history.note(success: false)
        }
        if history.isLongPause { affinity.unpin() }
        return result
    }

    private func attemptOnce(_ thread: ThreadState) -> AttemptResult {
        guard takeCPU(of: thread) else { return .notAvailable }
        var isProven = false
        defer { release(thread, isProven: isProven) }
        reader.memory.prepare()
        noteBefore(thread)
        let cpu = reader.memory.refresh(witness: witness(of: thread))
        isProven = isUndisturbed(thread, cpu)
        guard isProven else { return .moved }
        readTime = kernel.monotonicNow() - since
        guard case .sample(let samples, let holder, _) = reader.read(isHeld: { $0.address == thread.address })
        else { return .lockElsewhere }
        if reader.readsMore(for: samples) {
            isProven = isUndisturbed(thread, witness(of: thread).flatMap { source.load($0) })
            guard isProven else { return .moved }
        }
        reader.memory.confirm()
        return .sampled(samples, holder: holder)
    }

    /// Moves to the CPU that `thread` is on; false when that cannot be told, or must not be.
    private func takeCPU(of thread: ThreadState) -> Bool {
        guard !reader.sharedIDs.contains(thread) else { return false }
        // To spin would take the target's time.
        kernel.pause(until: notBefore, spinning: affinity.cpu == nil)
        if rseqOffset == nil {
            guard let tid = reader.threadIndex.tid(of: thread) else { return false }
            files.open(tid)
        }
        guard let cpu = cpus[thread.address] ?? look(for: thread), affinity.pin(to: cpu) == 0 else { return false }
        if cpus.count > Self.maximumKnown { cpus.removeAll() }
        cpus[thread.address] = cpu
        since = kernel.monotonicNow()
        return true
    }

    /// The CPU that `thread` is on now; nil when that cannot be told, or must not be shared.
    private func look(for thread: ThreadState) -> Int? {
        // One that nobody can interrupt would keep the sampler from running.
        if !isOnlyWay, let tid = reader.threadIndex.tid(of: thread), isRealTime(tid) { return nil }
        guard let witness = witness(of: thread) else { return files.cpu() }
        guard let cpu = source.load(witness, as: UInt32.self) else { return nil }
        if cpu < UInt32(CPUSet.maximumCPUs) {
            hasSequences = true
            return Int(cpu)
        }
        // RSEQ_CPU_ID_UNINITIALIZED, RSEQ_CPU_ID_REGISTRATION_FAILED: this program does without, unless it was a thread
        // that is just being born.
        refusals += 1
        if !hasSequences, refusals == Self.maximumRefusals { rseqOffset = nil }
        return nil
    }

    /// Whether `tid` is of a policy (real-time, deadline) that other threads cannot interrupt.
    private func isRealTime(_ tid: pid_t) -> Bool {
        let policy = kernel.schedulingPolicy(of: tid)
        // SCHED_OTHER, SCHED_BATCH, SCHED_IDLE; SCHED_RESET_ON_FORK is a flag beside them.
        return policy >= 0 && ![0, 3, 5].contains(policy & 7)
    }

    /// Where the witness of `thread` is. What Python keeps of a thread is pthread_self(), which is the thread pointer.
    private func witness(of thread: ThreadState) -> Address? {
        rseqOffset.map { thread.threadID &+ UInt64(bitPattern: $0 + Self.cpuOffset) }
    }

    private func noteBefore(_ thread: ThreadState) {
        if rseqOffset != nil {
            before = kernel.switchesOfThread()
        } else {
            // In this order: on this CPU it does not run, and to run later it has to be given one.
            before = files.timesScheduled() ?? -1
            if files.cpu() != affinity.cpu { before = -1 }
        }
    }

    private func isUndisturbed(_ thread: ThreadState, _ cpu: UInt32?) -> Bool {
        guard rseqOffset != nil else { return before >= 0 && files.timesScheduled() == before }
        if let cpu, cpu < UInt32(CPUSet.maximumCPUs) { cpus[thread.address] = Int(cpu) }
        return cpu.map { Int($0) } == affinity.cpu && before >= 0 && kernel.switchesOfThread() == before
    }

    private func release(_ thread: ThreadState, isProven: Bool) {
        if !isProven {
            rejected += 1
            if rseqOffset == nil { cpus[thread.address] = nil }
        }
        // At most a third of the target's time is taken from it, at whatever rate. What takes many times longer
        // than to read was not spent on the target's CPU: this thread waited for it itself.
        let now = kernel.monotonicNow()
        if cost.isLookDue() {
            cost.note(kernel.nanoseconds(on: CLOCK_THREAD_CPUTIME_ID))
        }
        notBefore = now + 2 * max(cost.expected(readTime: readTime), min(now - since, 8 * readTime))
    }
}
