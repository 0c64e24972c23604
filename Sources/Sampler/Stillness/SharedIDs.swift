/// Ids that several thread states have. uWSGI makes states in its main thread that others run; and a new thread's
/// state has the id of the thread that made it, until it runs. The latter is over in a moment and means nothing: an id
/// that is found to be shared is looked for again until it is clear which it was.
struct SharedIDs {
    private var settled: Set<UInt64> = []
    /// When each of the others was found (monotonic nanoseconds).
    private var found: [UInt64: UInt64] = [:]
    /// What is still shared after so long is so for good. Nanoseconds.
    private static let patience: UInt64 = 1_000_000_000

    var all: Set<UInt64> { settled.union(found.keys) }
    /// Whether any may be over soon.
    var isUnclear: Bool { !found.isEmpty }

    /// Notes what a reading of all thread states has found.
    mutating func add(_ shared: Set<UInt64>, at now: UInt64) {
        for id in shared where !settled.contains(id) && found[id] == nil { found[id] = now }
    }

    /// The same of a later reading; whether any is not shared any more.
    mutating func review(_ shared: Set<UInt64>, at now: UInt64) -> Bool {
        let before = found.count
        found = found.filter { shared.contains($0.key) }
        let isLess = found.count < before
        for (id, since) in found where now - min(since, now) > Self.patience {
            settled.insert(id)
            found[id] = nil
        }
        return isLess
    }
}
