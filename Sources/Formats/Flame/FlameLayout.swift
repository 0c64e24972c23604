import FrameDecoding
import Profiles

/// Where the frames of a profile go in a flame graph: as wide as their samples, callers below, sisters
/// by name, so that two pictures of one program can be compared.
struct FlameLayout {
    struct Box {
        var frame: FrameID
        /// 0 for the outermost calls.
        var row: Int
        /// In samples.
        var start: Int
        var total: Int
        /// The node in the profile's tree.
        var node: Int
    }

    /// Callers before what they call.
    private(set) var boxes: [Box] = []
    private(set) var rows = 0
    /// Samples in all.
    let total: Int
    let totals: [Int]

    /// Boxes of fewer than `narrowest` samples are left out.
    init(_ profile: CallProfile, narrowest: (_ total: Int) -> Double) {
        totals = profile.totals(profile.counts)
        total = totals[0]
        let limit = max(narrowest(total), 1)
        let order = Self.ranks(profile.frames)
        let sorted = SortedTree(profile.tree) { order[Int($0.index)] }
        var pending: [(node: UInt32, start: Int, row: Int)] = [(0, 0, -1)]
        while let (node, start, row) = pending.popLast() {
            if node != 0 {
                boxes.append(
                    Box(
                        frame: profile.tree.frame(of: CallTree.Node(index: node)), row: row, start: start,
                        total: totals[Int(node)], node: Int(node)))
                rows = max(rows, row + 1)
            }
            var childStart = start
            for child in sorted.children(of: node) {
                let width = totals[Int(child)]
                if Double(width) >= limit { pending.append((child, childStart, row + 1)) }
                childStart += width
            }
        }
    }

    /// By name, then file and line; what stands for no code comes last.
    private static func ranks(_ frames: FrameTable) -> [UInt32] {
        let all = (0..<frames.count).map { frames[FrameID(index: UInt32($0))] }
        func key(_ frame: Frame) -> (Int, String, String, Int) {
            (frame.kind.isCode || frame.kind == .label ? 0 : 1, frame.name, frame.file, frame.line)
        }
        var ranks = [UInt32](repeating: 0, count: all.count)
        for (rank, index) in all.indices.sorted(by: { key(all[$0]) < key(all[$1]) }).enumerated() {
            ranks[index] = UInt32(rank)
        }
        return ranks
    }
}
