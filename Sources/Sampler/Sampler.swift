import FrameDecoding
import Glibc
import System
import TargetMemory

/// Takes samples of one process, for every decoder alike: it sees to it that nothing moves while the
/// decoder reads, and that what was read is proven to belong to one moment.
///
/// Whoever holds the GIL is the only thread that can change Python's state. So that thread alone is
/// stopped, or none when no thread holds it; threads that sleep are never touched.
public final class Sampler: SampledTargets {
    public let pid: pid_t
    private let kernel: any Kernel
    private let decoder: any FrameDecoder
    private let options: Options
    private let source: any MemorySource
    /// Everything that a sample reads.
    private let memory: Memory
    /// The few words that say who holds the GIL, read while the target runs.
    private let lockMemory: Memory
    private let files: TaskFiles
    private let tracees: Tracees
    private let threadIndex: ThreadIndex
    /// Nil when nothing is asked for but stacks.
    private let details: ThreadDetails?
    /// Nil when nobody wants to know.
    private var processorUse: ProcessorUse?
    private let stopping: Stopping
    /// Nil where it cannot be had.
    private let sharing: CoreSharing?
    private let placement: Placement?
    /// Whether `sharing` is the only way.
    private let neverStops: Bool
    private var history = SharingHistory()
    /// The one that this attempt uses.
    private var stillness: any Stillness
    /// For a target that is not traced and does not tell its end by itself, or was not for a while.
    private let identity: ProcessIdentity
    /// Who alone held the GIL in the last sample, and most likely does so again.
    private var likelyHolder: ThreadState?
    private var counts = Statistics()
    private var usualDepth = 64

    /// A target that moves on faster than this often in a row is given up for this tick.
    private static let mostAttempts = 12
    /// The GIL is followed from hand to hand this far.
    private static let mostHolders = 16
    /// How often the lock is read again while it changes hands, with threads held.
    private static let mostLooks = 4
    /// How often the lock is read in search of a thread that holds it.
    private static let mostGlances = 24
    /// In one sample, over all threads: more is a trap, and the target stands still meanwhile.
    private static let mostFrames = 1 << 21

    /// In a build without a GIL, threads may sit in system calls and wake up all the time. After so
    /// many attempts of one sample they are stopped even there: every such Python takes EINTR well.
    private static let gentleAttempts = 2

    /// The target is let run so long before it is tried again. Nanoseconds.
    private static let shortestTurn: UInt64 = 20_000
    /// How often in one sample the GIL may be gone when the thread that had it is read, before one is stopped.
    private static let mostTurns = 3
    /// How often in this sample it was.
    private var turns = 0

    /// How often in this sample a thread that was left alone did not stay.
    private var wakeUps = 0
    /// Of states of which it is not known by their ids who runs them.
    private var sharedIDs = SharedIDs() {
        didSet {
            stopping.sharedIDs = sharedIDs.all
            sharing?.sharedIDs = sharedIDs.all
        }
    }
    /// Thread states that have been held before.
    private var familiar: Set<Address> = []
    /// What others had done with the same source before.
    private let systemCallsBefore: Int
    private var observation: Tracees.Observation?

    public init(
        pid: pid_t, decoder: any FrameDecoder, source: any MemorySource, tracees: Tracees,
        options: Options, core: SharedCore? = nil
    ) {
        kernel = Linux.shared
        self.pid = pid
        self.tracees = tracees
        self.decoder = decoder
        self.options = options
        self.source = source
        memory = Memory(source: source)
        lockMemory = Memory(source: source)
        files = TaskFiles(pid: pid, readsAll: options.mode == .cpu || options.activity)
        threadIndex = ThreadIndex(pid: pid, files: files, memory: source)
        placement = core?.placement
        stopping = Stopping(
            files: files, tracees: tracees, threadIndex: threadIndex, placement: core?.placement)
        let index = threadIndex
        sharing = core.map { CoreSharing($0, pid: pid, source: source, threadIndex: index) }
        neverStops = core?.isOnlyWay ?? false
        if neverStops, let sharing { stillness = sharing } else { stillness = stopping }
        identity = ProcessIdentity(pid: pid)
        stopping.meanwhile = { [memory] in memory.prepare() }
        details = ThreadDetails(pid: pid, options, decoder: decoder, source: source, threadIndex: threadIndex)
        let asksKernel = options.mode == .cpu || options.activity
        processorUse = asksKernel ? ProcessorUse(files: files, index: threadIndex) : nil
        systemCallsBefore = source.systemCalls
        // Weak, and nothing else is captured: the tracees outlive the sampler and its open files.
        observation = tracees.observe { [weak self] in self?.handle($0) }
    }

    deinit {
        if let observation { tracees.endObservation(observation) }
    }

    private func handle(_ event: Tracees.Event) {
        switch event {
        case .ended(let tid, _):
            files.forget(tid)
            threadIndex.forget(tid)
            if tid == pid { isTargetGone = true }
        case .executed(pid): isTargetGone = true
        case .executed, .forked, .cloned, .ending: break
        }
    }

    /// Goes on after the thread that traced has ended, and with it its hold on the target; the calling thread
    /// traces from now on. 0 or an errno.
    public func takeUpAgain() -> Int32 {
        tracees.forgetAll()
        threadIndex.forgetAll()
        files.forgetAll()
        likelyHolder = nil
        familiar.removeAll()
        guard identity.isStill() else {
            isTargetGone = true
            return 0
        }
        return tracees.seize(pid)
    }

    /// Whether the decoder can read variables.
    public var readsVariables: Bool { decoder.program != nil }

    public func miss(_ ticks: Int) { counts.missed += ticks }

    public var statistics: Statistics {
        var statistics = counts
        statistics.stops = stopping.stops
        statistics.stopTimes = stopping.stopTimes
        statistics.rejected = sharing?.rejected ?? 0
        statistics.memoryReads = source.systemCalls - systemCallsBefore
        return statistics
    }

    private var allSystemCalls: Int { kernel.calls - tracees.callsInVain }

    /// Whether there is nothing left to sample: the process ended or became another program.
    public private(set) var isTargetGone = false
    public var isGone: Bool { isTargetGone }

    public var sharesCore: Bool { placement?.processor != nil }
    public var earliestSample: UInt64 { sharing?.notBefore ?? 0 }

    /// What it took to wait for the next sample.
    private var callsOfWaiting = 1
    public func noteWaiting(calls: Int) { callsOfWaiting = calls }

    public func endSampling(systemCalls: Int) {
        placement?.leave()
        counts.systemCalls += systemCalls
    }

    /// Nothing is told of a process that ended under our hands.
    public func sampleAll(_ record: (Sample) -> Void) {
        let sample = sample()
        tracees.handleHiddenEvents()
        if !isTargetGone { record(sample) }
    }

    /// Takes a sample now.
    public func sample() -> Sample {
        let (calls, reads) = (allSystemCalls, source.systemCalls)
        var outcome = attempts()
        counts.callsOfEach.add(allSystemCalls - calls + callsOfWaiting)
        counts.readsOfEach.add(source.systemCalls - reads)
        counts.samples += 1
        switch outcome {
        case .failed where isTargetGone: counts.samples -= 1  // it ended under our hands
        case .failed: counts.failed += 1
        case .idle: counts.idle += 1
        case .stacks(let threads): outcome = .stacks(details?.added(to: threads) ?? threads)
        }
        return Sample(time: kernel.monotonicNow(), pid: pid, outcome: outcome)
    }

    private func attempts() -> Sample.Outcome {
        wakeUps = 0
        turns = 0
        history.beginSample()
        for attempt in 0..<Self.mostAttempts {
            if attempt > 0 {
                counts.retries += 1
                // Who is just taking the GIL may wait for the processor that this thread has.
                if sharesCore { kernel.pause(until: kernel.monotonicNow() + Self.shortestTurn, spinning: false) }
                tracees.handleEvents()
                if isTargetGone { return .failed }
            }
            do throws(DecodeError) {
                try reviewSharedIDs()
                if attempt > 0, options.allThreads, let outcome = try sampleQuickly() { return outcome }
                if let outcome = try options.allThreads ? sampleAll() : sampleHolder() {
                    return outcome
                }
            } catch {
                // What was read was just being changed: the next attempt finds it whole.
            }
        }
        if !identity.isStill() { isTargetGone = true }
        return .failed
    }

    /// Nil: the target moved on, try again.
    private func sampleHolder() throws(DecodeError) -> Sample.Outcome? {
        if let outcome = try sampleLikely() { return outcome }
        lockMemory.refresh()
        let state = try decoder.lockState(in: lockMemory)
        if state.holders.isEmpty { return .idle }
        return try sample(holding: movers(of: state))
    }

    private func sampleAll() throws(DecodeError) -> Sample.Outcome? {
        if processorUse == nil, let outcome = try sampleLikely() { return outcome }
        memory.refresh()
        let before = try decoder.lockState(in: memory)
        if processorUse != nil { processorUse?.look(at: try decoder.threads(in: memory)) }
        let movers = movers(of: before)
        guard movers.isEmpty else { return try sample(holding: movers) }

        // Nobody may change Python's state, so nobody has to be stopped; but someone may take the GIL
        // at any moment. Two readings that agree, with the lock free and unswitched, were undisturbed.
        let first = try stacks(holders: [])
        memory.refresh()
        guard try decoder.lockState(in: memory) == before else { return nil }
        let second = try stacks(holders: [])
        guard agree(first, second) else { return nil }
        memory.confirm()
        if details?.read(of: second) ?? false {
            memory.refresh()
            guard try decoder.lockState(in: memory) == before, agree(second, try stacks(holders: []))
            else { return nil }
        }
        return outcome(second)
    }

    /// The GIL goes from thread to thread so fast that reading all of them is in vain, unless one that has it is
    /// caught: that is looked for with as little as can be read. Nil when this did not bring a sample.
    private func sampleQuickly() throws(DecodeError) -> Sample.Outcome? {
        for _ in 0..<Self.mostGlances {
            lockMemory.refresh()
            // It may be changing hands.
            guard let state = try? decoder.lockState(in: lockMemory) else { continue }
            guard state.holders.isEmpty else { return try sample(holding: movers(of: state)) }
        }
        return nil
    }

    private func agree(_ first: [ThreadSample], _ second: [ThreadSample]) -> Bool {
        first.elementsEqual(second) { $0.thread == $1.thread && $0.frames == $1.frames }
    }

    /// A holder that is blocked in a system call uses no processor.
    private func withoutBlocked(_ samples: [ThreadSample]) -> [ThreadSample] {
        let blocked = stillness.blocked
        var samples = samples
        for index in samples.indices where blocked.contains(where: { $0.address == samples[index].thread.address }) {
            samples[index].isRunning = false
        }
        if options.mode == .cpu { samples.removeAll { $0.isRunning == false } }
        return samples
    }

    /// In the mode `cpu` none but idle threads may be left.
    private func outcome(_ threads: [ThreadSample]) -> Sample.Outcome {
        threads.isEmpty && options.mode == .cpu ? .idle : .stacks(threads)
    }

    /// Looks at thread states that were not among `movers` before; whether an id was found that several
    /// states of a process with several threads have. Then those that are held are not enough.
    private func findsSharedIDs(_ movers: [ThreadState]) throws(DecodeError) -> Bool {
        guard !movers.allSatisfy({ familiar.contains($0.address) }) else { return false }
        let shared = try idsOfSeveral(in: memory)
        if familiar.count > 1 << 16 { familiar.removeAll() }
        familiar.formUnion(movers.map(\.address))
        guard !sharedIDs.all.isSuperset(of: shared), files.tasks().count > 1 else { return false }
        sharedIDs.add(shared, at: kernel.monotonicNow())
        return true
    }

    private func idsOfSeveral(in memory: Memory) throws(DecodeError) -> Set<UInt64> {
        var seen: Set<UInt64> = []
        return Set(try decoder.threads(in: memory).map(\.threadID).filter { !seen.insert($0).inserted })
    }

    /// Whether ids that were shared a moment ago still are.
    private func reviewSharedIDs() throws(DecodeError) {
        guard sharedIDs.isUnclear else { return }
        lockMemory.refresh()
        // What is read while they run may be wrong, so it is looked at once more when they stand still.
        if sharedIDs.review(try idsOfSeveral(in: lockMemory), at: kernel.monotonicNow()) { familiar.removeAll() }
    }

    /// The threads that may change what this sampler reads: those that hold the GIL and, where there
    /// is none and all threads are read, every other one that the kernel knows.
    private func movers(of state: LockState) -> [ThreadState] {
        guard options.allThreads, !state.detached.isEmpty else { return state.holders }
        return state.holders + state.detached.filter { threadIndex.tid(of: $0) != nil }
    }

    /// Spares the reading of the lock before anybody is held: it is read with all the rest. Nil when
    /// this did not bring a sample.
    private func sampleLikely() throws(DecodeError) -> Sample.Outcome? {
        guard let likely = likelyHolder else { return nil }
        likelyHolder = nil
        switch sampleWithoutStop(likely) {
        case .sample(let outcome): return outcome
        case .untried: return try sample(likely)
        // Who has the GIL now is seen without a stop.
        case .elsewhere, .failed: return nil
        }
    }

    private func sample(_ likely: ThreadState) throws(DecodeError) -> Sample.Outcome? {
        defer { stillness.release() }
        guard stillness.hold(likely: likely) else { return nil }
        return try sampleHeld()
    }

    /// What came of a sample without a stop, where one may be made.
    private enum WithoutStop {
        case sample(Sample.Outcome)
        /// It is proven that the thread stood still, but another one has the GIL.
        case elsewhere
        case failed
        case untried
    }

    /// Where threads may be stopped, this comes first.
    private func sampleWithoutStop(_ holder: ThreadState) -> WithoutStop {
        // Whether a thread is blocked while it holds the GIL, only the way to a stop finds out.
        guard !neverStops, let sharing, processorUse == nil, history.isWorthTrying else { return .untried }
        stillness = sharing
        defer { stillness = stopping }
        var outcome = (try? sample(holder)) ?? nil
        // It is known by now where the thread has gone.
        if sharing.wasProven == false { outcome = (try? sample(holder)) ?? nil }
        let isProven = sharing.wasProven == true
        history.note(success: isProven)
        if history.isLongPause { placement?.leave() }
        return outcome.map { .sample($0) } ?? (isProven ? .elsewhere : .failed)
    }

    private func sample(holding movers: [ThreadState]) throws(DecodeError) -> Sample.Outcome? {
        if movers.count == 1 {
            switch sampleWithoutStop(movers[0]) {
            case .sample(let outcome): return outcome
            case .elsewhere where turns < Self.mostTurns:
                turns += 1
                return nil
            case .elsewhere, .failed, .untried: break
            }
        }
        defer { stillness.release() }
        stillness.isGentle = wakeUps < Self.gentleAttempts
        guard stillness.hold(movers) else { return nil }
        return try sampleHeld()
    }

    /// Samples while some threads stand still. Another one may have taken the GIL before they did: it is
    /// held as well, and those that stand still cannot take it back, so this comes to an end.
    private func sampleHeld() throws(DecodeError) -> Sample.Outcome? {
        var looks = 0
        for _ in 0..<Self.mostHolders {
            guard stillness.refresh(memory) else { return nil }
            // Proof that those who stand still are those who may change anything.
            guard let state = try? decoder.lockState(in: memory) else {
                // The GIL changes hands just now: look again.
                looks += 1
                if looks == Self.mostLooks || stillness.isWatching { return nil }
                continue
            }
            let movers = movers(of: state)
            guard !movers.isEmpty else { return nil }
            let others = movers.filter { !stillness.holds($0) }
            guard others.isEmpty else {
                guard stillness.hold(others) else { return nil }
                continue
            }
            guard try !findsSharedIDs(movers) else { return nil }
            let samples = try stacks(holders: state.holders)
            let readsMore = (details?.read(of: samples) ?? false) || memory.hasStrays
            guard stillness.wasUnbroken(readingMore: readsMore) else {
                if !state.detached.isEmpty { wakeUps += 1 }
                return nil
            }
            memory.confirm()
            if movers.count == 1 { likelyHolder = movers[0] }
            return outcome(processorUse == nil ? samples : withoutBlocked(samples))
        }
        return nil
    }

    private func stacks(holders: [ThreadState]) throws(DecodeError) -> [ThreadSample] {
        let threads = options.allThreads ? try decoder.threads(in: memory) : holders
        var samples: [ThreadSample] = []
        samples.reserveCapacity(threads.count)
        var total = 0
        for thread in threads {
            let isHolder = holders.contains { $0.address == thread.address }
            let isRunning = processorUse.map { isHolder || $0.isRunning(thread) }
            if options.mode == .cpu, isRunning == false { continue }
            var frames: [FrameID] = []
            frames.reserveCapacity(usualDepth)
            try decoder.stack(of: thread, in: memory, into: &frames)
            usualDepth = frames.count + 8
            total += frames.count
            guard total <= Self.mostFrames else {
                throw .implausible("more frames than a process can have", at: thread.address)
            }
            samples.append(
                ThreadSample(
                    thread: thread, tid: threadIndex.knownTID(of: thread),
                    isHolder: isHolder, isRunning: isRunning, frames: frames))
        }
        return samples
    }
}
