/// Whether it is worth a try to read the next sample without a stop. Where one thread computes it nearly
/// always succeeds; where the GIL goes from hand to hand, or the thread from core to core, the attempt
/// would be in vain and a stop would follow.
struct SharingHistory {
    /// Samples to come that do without.
    private var pause = 0
    /// The pause after the next failure.
    private var penalty = 1
    private static let longestPause = 64

    /// Asked once a sample.
    mutating func isWorthTrying() -> Bool {
        guard pause > 0 else { return true }
        pause -= 1
        return false
    }

    mutating func note(success: Bool) {
        if success {
            penalty = max(penalty / 2, 1)
        } else {
            pause = penalty
            penalty = min(penalty * 2, Self.longestPause)
        }
    }

    /// Whether the target's core is better left alone for a while.
    var isLongPause: Bool { pause > 4 }
}
