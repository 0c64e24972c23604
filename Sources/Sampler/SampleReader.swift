import FrameDecoding
import System
import TargetMemory

/// Reads the stacks of one process from its memory, and says which threads have to stand still for that. Whether they do
/// is the concern of the strategies, which share one reader.
final class SampleReader {
    let decoder: any FrameDecoder
    let options: Sampler.Options
    /// Everything that a sample reads.
    let memory: Memory
    let threadIndex: ThreadIndex
    /// Nil when nobody wants to know which threads use a processor.
    private(set) var processorUse: ProcessorUse?
    /// Nil when nothing is asked for but stacks.
    let details: ThreadDetails?
    let sharedIDs: SharedIDs
    private var usualDepth = 64

    /// In one sample, over all threads: more is a trap, and the target stands still meanwhile.
    private static let maximumFrames = 1 << 21

    init(
        decoder: any FrameDecoder, options: Sampler.Options, memory: Memory, threadIndex: ThreadIndex,
        processorUse: ProcessorUse?, details: ThreadDetails?, sharedIDs: SharedIDs
    ) {
        self.decoder = decoder
        self.options = options
        self.memory = memory
        self.threadIndex = threadIndex
        self.processorUse = processorUse
        self.details = details
        self.sharedIDs = sharedIDs
    }

    /// What the memory as it was last read says, compared with who stands still.
    enum Reading {
        /// Those who stand still are those who could change anything.
        case sample([ThreadSample], holder: ThreadState?, hasDetached: Bool)
        /// These threads could change what is read, and are not held.
        case needs([ThreadState])
        /// Nobody holds the lock.
        case free
        /// The lock was changing hands.
        case changing
        /// A thread was caught between two stores that belong together, or ids turned out to be shared.
        case unclear
    }

    /// Decodes what `memory` holds, for those of whom `isHeld` is true.
    func read(isHeld: (ThreadState) -> Bool) -> Reading {
        guard let state = try? decoder.lockState(in: memory) else { return .changing }
        let holders = threadsToHold(for: state)
        guard !holders.isEmpty else { return .free }
        let others = holders.filter { !isHeld($0) }
        guard others.isEmpty else { return .needs(others) }
        do throws(DecodeError) {
            guard try !sharedIDs.finds(among: holders, decoder, memory) else { return .unclear }
            return .sample(
                try stacks(holders: state.holders), holder: holders.count == 1 ? holders[0] : nil,
                hasDetached: !state.detached.isEmpty)
        } catch {
            return .unclear
        }
    }

    /// Whether something was read beyond the one reading of the working set, so that the proof has to be made again.
    /// Reads names and variables, where they are wanted.
    func readsMore(for samples: [ThreadSample]) -> Bool {
        (details?.read(of: samples) ?? false) || memory.hasStrays
    }

    /// The threads that may change what is read: those that hold the GIL and, where there is none and all threads are
    /// read, every other one that the kernel knows.
    func threadsToHold(for state: LockState) -> [ThreadState] {
        guard options.allThreads, !state.detached.isEmpty else { return state.holders }
        return state.holders + state.detached.filter { threadIndex.tid(of: $0) != nil }
    }

    /// Asks the kernel which threads use a processor, where that is wanted: before any of them is stopped.
    func noteProcessorUse() throws(DecodeError) {
        if processorUse != nil { processorUse?.look(at: try decoder.threads(in: memory)) }
    }

    func stacks(holders: [ThreadState]) throws(DecodeError) -> [ThreadSample] {
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
            guard total <= Self.maximumFrames else {
                throw .implausible("more frames than a process can have", at: thread.address)
            }
            samples.append(
                ThreadSample(
                    thread: thread, tid: threadIndex.knownTID(of: thread), isHolder: isHolder, isRunning: isRunning,
                    frames: frames))
        }
        return samples
    }
}
