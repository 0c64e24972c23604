import FrameDecoding
import System
import TargetMemory

/// Knows which thread ids several thread states have: the id of such a state does not tell who runs it, so all threads of
/// the process have to stand still for it.
///
/// uWSGI makes states in its main thread that others run. A new thread's state also has the id of the thread that made
/// it, until it runs; that is over in a moment and means nothing. So an id that is found to be shared is looked for again
/// until it is clear which of the two it is.
final class SharedIDs {
    private let files: TaskFiles
    private let kernel: any Kernel
    private var review = SharedIDReview()
    /// Thread states whose ids have been compared with all others.
    private var compared: Set<Address> = []
    private static let maximumCompared = 1 << 16

    init(files: TaskFiles, kernel: any Kernel) {
        self.files = files
        self.kernel = kernel
    }

    /// Whether other thread states have the id of `thread` as well.
    func contains(_ thread: ThreadState) -> Bool { review.all.contains(thread.threadID) }

    /// Compares the ids of `threads` with those of all thread states, once for each; whether a shared one was found in a
    /// process of several threads. Then those that are held are not enough.
    func finds(among threads: [ThreadState], _ decoder: any FrameDecoder, _ memory: Memory) throws(DecodeError) -> Bool {
        guard !threads.allSatisfy({ compared.contains($0.address) }) else { return false }
        let shared = try idsOfSeveral(decoder, memory)
        if compared.count > Self.maximumCompared { compared.removeAll() }
        compared.formUnion(threads.map(\.address))
        guard !review.all.isSuperset(of: shared), files.tasks().count > 1 else { return false }
        review.add(shared, at: kernel.monotonicNow())
        return true
    }

    /// Looks whether ids that were shared a moment ago still are. `memory` may be read anew.
    func reviewUnclear(_ decoder: any FrameDecoder, _ memory: Memory) throws(DecodeError) {
        guard review.isUnclear else { return }
        memory.refresh()
        // What is read while they run may be wrong, so it is compared once more when they stand still.
        if review.review(try idsOfSeveral(decoder, memory), at: kernel.monotonicNow()) { compared.removeAll() }
    }

    func forgetCompared() { compared.removeAll() }

    private func idsOfSeveral(_ decoder: any FrameDecoder, _ memory: Memory) throws(DecodeError) -> Set<UInt64> {
        var seen: Set<UInt64> = []
        return Set(try decoder.threads(in: memory).map(\.threadID).filter { !seen.insert($0).inserted })
    }
}

/// When an id that several thread states have is taken to be shared for good.
struct SharedIDReview {
    private var settled: Set<UInt64> = []
    /// When each of the others was found (monotonic nanoseconds).
    private var found: [UInt64: UInt64] = [:]
    /// What is still shared after so long is so for good. Nanoseconds.
    private static let patience: UInt64 = 1_000_000_000

    private(set) var all: Set<UInt64> = []
    /// Whether any may be over soon.
    var isUnclear: Bool { !found.isEmpty }

    /// Notes what a reading of all thread states has found.
    mutating func add(_ shared: Set<UInt64>, at now: UInt64) {
        for id in shared where !settled.contains(id) && found[id] == nil { found[id] = now }
        all = settled.union(found.keys)
    }

    /// Notes the same of a later reading; whether any is not shared any more.
    mutating func review(_ shared: Set<UInt64>, at now: UInt64) -> Bool {
        let before = found.count
        found = found.filter { shared.contains($0.key) }
        let isLess = found.count < before
        for (id, since) in found where now - min(since, now) > Self.patience {
            settled.insert(id)
            found[id] = nil
        }
        all = settled.union(found.keys)
        return isLess
    }
}
