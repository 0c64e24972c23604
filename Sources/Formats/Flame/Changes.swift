import Output
import Profiles

/// How the shares of frames differ between two profiles that are compared, each share being of its own
/// profile's samples.
struct Changes {
    private let now: [Int]
    private let before: [Int]
    private let largest: Double

    /// Nil when `profile` is not a comparison. `now` are its totals.
    init?(_ profile: CallProfile, _ now: [Int]) {
        guard let counts = profile.before else { return nil }
        let before = profile.totals(counts)
        self.now = now
        self.before = before
        largest = now.indices.dropFirst().map { Self.change(now, before, $0).magnitude }.max() ?? 0
    }

    func colour(_ node: Int) -> String {
        FrameColour.ofChange(Self.change(now, before, node), largest: largest)
    }

    func text(_ node: Int) -> String {
        let change = Self.change(now, before, node)
        return "before: \(NumberText.counted(before[node], "sample")), \(NumberText.share(before[node], of: before[0]))"
            + "; \(change < 0 ? "−" : "+")\(NumberText.fixed(100 * change.magnitude, places: 1)) points"
    }

    private static func change(_ now: [Int], _ before: [Int], _ node: Int) -> Double {
        Double(now[node]) / Double(max(now[0], 1)) - Double(before[node]) / Double(max(before[0], 1))
    }
}
