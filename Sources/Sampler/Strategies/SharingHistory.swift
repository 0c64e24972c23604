/// Whether it is worth a try to read the next sample without a stop. Where one thread computes it nearly
/// always succeeds; where the GIL goes from hand to hand, or the thread from core to core, the attempt
/// would be in vain and a stop would follow.
struct SharingHistory {
    /// Samples to come that do without.
    private var pause = 0
    /// The pause after the next failure.
    private var penalty = 1
    private static let longestPause = 64

    /// Whether this sample may do without a stop. It may be asked for several times in one sample, since the GIL can
    /// change hands in it.
    private(set) var isWorthTrying = true
    /// Whether the present sample has failed already: it counts once.
    private var hasFailed = false

    /// A new sample begins.
    mutating func beginSample() {
        hasFailed = false
        isWorthTrying = pause == 0
        if pause > 0 { pause -= 1 }
    }

    mutating func note(success: Bool) {
        if success {
            penalty = max(penalty / 2, 1)
        } else if !hasFailed {
            hasFailed = true
            isWorthTrying = false
            pause = penalty
            penalty = min(penalty * 2, Self.longestPause)
        }
    }

    /// Whether the target's core is better left alone for a while.
    var isLongPause: Bool { pause > 4 }
}
