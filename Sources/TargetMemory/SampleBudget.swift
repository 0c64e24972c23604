import System

/// What one sample may cost: time, and bytes of names that are read anew. Bounds for each item alone add up to
/// minutes where a target has as many of the worst as it can; a thread may stand still meanwhile.
///
/// The sampler says when a sample has to end. Decoders ask as they walk, and give up when it is spent.
public final class SampleBudget {
    /// Bytes of names, line tables and what is compared of them.
    public static let mostText = 16 << 20

    /// When the sample has to end (nanoseconds on the monotonic clock); stays as it is until it is set again.
    public var end = UInt64.max {
        didSet { isSpent = false }
    }
    /// Whether the present sample had to be given up.
    @exclusivity(unchecked) public private(set) var isSpent = false
    @exclusivity(unchecked) private var textLeft = SampleBudget.mostText
    @exclusivity(unchecked) private var steps = 0

    /// How many steps of a walk are taken between two looks at the clock: some ten microseconds.
    private static let stepsPerLook = 64

    /// A new sample begins.
    func begin() {
        textLeft = Self.mostText
        isSpent = false
    }

    /// A step of a walk, of which there may be many; false when there is no time left.
    @inline(__always)
    public func takeStep() -> Bool {
        steps &+= 1
        return steps % Self.stepsPerLook != 0 ? !isSpent : hasTime()
    }

    /// Reads or compares `count` bytes of text; false when it is too much.
    public func takeText(_ count: Int) -> Bool {
        textLeft -= min(count, textLeft)
        if textLeft == 0 { isSpent = true }
        // A page takes about as long as a step of a walk.
        steps &+= count / 4096
        return takeStep()
    }

    private func hasTime() -> Bool {
        if !isSpent, end != .max, monotonicNow() >= end { isSpent = true }
        return !isSpent
    }
}
