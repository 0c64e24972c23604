import FrameDecoding
import Glibc
import System
import TargetMemory

/// Takes samples of one process, for every decoder alike: it finds out who holds the lock, asks its strategies one after
/// another to read while nothing can change, and keeps count.
///
/// Whoever holds the GIL is the only thread that can change Python's state. So that thread alone has to stand still;
/// threads that sleep are never touched.
public final class Sampler: SampledTargets {
    public let pid: pid_t
    private let kernel: any Kernel
    private let reader: SampleReader
    private let tracees: Tracees
    private let files: TaskFiles
    private let threadIndex: ThreadIndex
    private let affinity: CPUAffinity?
    /// In the order in which they are asked.
    private let strategies: [any SamplingStrategy]
    /// Those of them whose counts are told; nil where they are not in use.
    private let stopping: Stopping?
    private let sharing: CoreSharing?
    /// For a target that is not traced and does not tell its end by itself, or was not for a while.
    private let identity: ProcessIdentity
    /// The few words that say who holds the GIL, read while the target runs.
    private let lockMemory: Memory
    /// Who alone held the GIL in the last sample, and most likely does so again.
    private var likelyHolder: ThreadState?
    private var counts = Statistics()
    /// How often in this sample the lock was elsewhere when the thread that had it was read.
    private var lockMoves = 0
    /// What it took to wait for the next sample.
    private var callsOfWaiting = 1
    /// What others had done with the same source before.
    private let systemCallsBefore: Int
    private var observation: Tracees.Observation?

    /// A target that moves on faster than this often in a row is given up for this tick.
    private static let maximumAttempts = 12
    /// How often the lock may be elsewhere in one sample before a more expensive strategy is asked.
    private static let maximumLockMoves = 3
    /// How often the lock is read in search of a thread that holds it.
    private static let maximumLockReads = 24
    /// The target is let run so long before it is tried again. Nanoseconds.
    private static let shortestRun: UInt64 = 20_000

    public convenience init(
        pid: pid_t, decoder: any FrameDecoder, source: any MemorySource, tracees: Tracees,
        options: Options, core: SharedCore? = nil
    ) {
        self.init(
            pid: pid, decoder: decoder, source: source, tracees: tracees, options: options, core: core,
            kernel: Linux.shared)
    }

    /// The same with another kernel, for tests; `tracees` and `core` should have the same one.
    init(
        pid: pid_t, decoder: any FrameDecoder, source: any MemorySource, tracees: Tracees,
        options: Options, core: SharedCore?, kernel: any Kernel
    ) {
        self.pid = pid
        self.kernel = kernel
        self.tracees = tracees
        let asksKernel = options.mode == .cpu || options.activity
        files = TaskFiles(pid: pid, readsAll: asksKernel, kernel: kernel)
        threadIndex = ThreadIndex(pid: pid, files: files, memory: source, kernel: kernel)
        lockMemory = Memory(source: source)
        identity = ProcessIdentity(pid: pid, kernel: kernel)
        affinity = core?.affinity
        let details = ThreadDetails(
            pid: pid, options, decoder: decoder, source: source, threadIndex: threadIndex, kernel: kernel)
        let reader = SampleReader(
            decoder: decoder, options: options, memory: Memory(source: source), threadIndex: threadIndex,
            processorUse: asksKernel ? ProcessorUse(files: files, index: threadIndex) : nil, details: details,
            sharedIDs: SharedIDs(files: files, kernel: kernel))
        self.reader = reader
        sharing = core.map { CoreSharing($0, pid: pid, reader: reader, kernel: kernel) }
        stopping = core?.isOnlyWay ?? false
            ? nil : Stopping(reader: reader, files: files, tracees: tracees, affinity: core?.affinity, kernel: kernel)
        let all: [(any SamplingStrategy)?] = [sharing, stopping, UnlockedReading(reader: reader)]
        strategies = all.compactMap { $0 }
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
        reader.sharedIDs.forgetCompared()
        guard identity.isStill() else {
            isTargetGone = true
            return 0
        }
        return tracees.seize(pid)
    }

    /// Whether the decoder can read variables.
    public var readsVariables: Bool { reader.decoder.program != nil }

    public func miss(_ ticks: Int) { counts.missed += ticks }

    public var statistics: Statistics {
        var statistics = counts
        statistics.stops = stopping?.stops ?? 0
        statistics.stopTimes = stopping?.stopTimes ?? DurationHistogram()
        statistics.rejected = sharing?.rejected ?? 0
        statistics.memoryReads = reader.memory.source.systemCalls - systemCallsBefore
        return statistics
    }

    private var allSystemCalls: Int { kernel.calls - tracees.callsInVain }

    /// Whether there is nothing left to sample: the process ended or became another program.
    public private(set) var isTargetGone = false
    public var isGone: Bool { isTargetGone }

    public var sharesCore: Bool { affinity?.cpu != nil }
    public var earliestSample: UInt64 { sharing?.notBefore ?? 0 }

    public func noteWaiting(calls: Int) { callsOfWaiting = calls }

    public func endSampling(systemCalls: Int) {
        affinity?.unpin()
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
        let source = reader.memory.source
        let (calls, reads) = (allSystemCalls, source.systemCalls)
        var outcome = takeSample()
        counts.callsOfEach.add(allSystemCalls - calls + callsOfWaiting)
        counts.readsOfEach.add(source.systemCalls - reads)
        counts.samples += 1
        switch outcome {
        case .failed where isTargetGone: counts.samples -= 1  // it ended under our hands
        case .failed: counts.failed += 1
        case .idle: counts.idle += 1
        case .stacks(let threads): outcome = .stacks(reader.details?.added(to: threads) ?? threads)
        }
        return Sample(time: kernel.monotonicNow(), pid: pid, outcome: outcome)
    }

    private func takeSample() -> Sample.Outcome {
        lockMoves = 0
        for strategy in strategies { strategy.beginSample() }
        for attempt in 0..<Self.maximumAttempts {
            if attempt > 0 {
                counts.retries += 1
                // Who is just taking the GIL may wait for the CPU that this thread has.
                if sharesCore { kernel.pause(until: kernel.monotonicNow() + Self.shortestRun, spinning: false) }
                tracees.handleEvents()
                if isTargetGone { return .failed }
            }
            // What was read may just have been changed: the next attempt finds it whole.
            if let outcome = try? attemptSample(isFirst: attempt == 0) { return outcome }
        }
        if !identity.isStill() { isTargetGone = true }
        return .failed
    }

    /// Nil: the target moved on, try again.
    private func attemptSample(isFirst: Bool) throws(DecodeError) -> Sample.Outcome? {
        try reader.sharedIDs.reviewUnclear(reader.decoder, lockMemory)
        if !isFirst, reader.options.allThreads, let outcome = attemptQuickly() { return outcome }
        if !reader.options.allThreads || reader.processorUse == nil, let likely = likelyHolder {
            // Spares the reading of the lock before anybody is held: it is read with all the rest.
            likelyHolder = nil
            if let outcome = attempt([likely], isGuess: true) { return outcome }
        }
        guard reader.options.allThreads else {
            lockMemory.refresh()
            let state = try reader.decoder.lockState(in: lockMemory)
            if state.holders.isEmpty { return .idle }
            return attempt(reader.threadsToHold(for: state), isGuess: false)
        }
        reader.memory.refresh()
        let state = try reader.decoder.lockState(in: reader.memory)
        try reader.noteProcessorUse()
        return attempt(reader.threadsToHold(for: state), isGuess: false)
    }

    /// The GIL goes from thread to thread so fast that reading all of them is in vain, unless one that has it is
    /// caught: that one is looked for with as little as can be read. Nil when this did not bring a sample.
    private func attemptQuickly() -> Sample.Outcome? {
        for _ in 0..<Self.maximumLockReads {
            lockMemory.refresh()
            // It may be changing hands.
            guard let state = try? reader.decoder.lockState(in: lockMemory) else { continue }
            if !state.holders.isEmpty { return attempt(reader.threadsToHold(for: state), isGuess: false) }
        }
        return nil
    }

    /// Asks the strategies in their order.
    private func attempt(_ holders: [ThreadState], isGuess: Bool) -> Sample.Outcome? {
        for strategy in strategies {
            switch strategy.attempt(holders, isGuess: isGuess) {
            case .sampled(let threads, let holder):
                likelyHolder = holder
                // In the mode `cpu` none but idle threads may be left.
                return threads.isEmpty && reader.options.mode == .cpu ? .idle : .stacks(threads)
            // Who has the lock now is looked up before anybody is stopped.
            case .lockElsewhere where isGuess, .moved where isGuess: return nil
            case .lockElsewhere where lockMoves < Self.maximumLockMoves:
                lockMoves += 1
                return nil
            case .lockElsewhere, .moved, .notAvailable: break
            }
        }
        return nil
    }
}
