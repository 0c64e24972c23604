import FrameDecoding
import Output
import Profiles

/// Writes stacks as flamegraph.pl takes them, sorted: a line for each, root first, and its counts, one of each
/// column. A column has a count for each node of the tree, by index.
func writeFoldedStacks(
    _ tree: CallTree, _ columns: [[Int]], formatter: FrameFormatter, _ piece: inout TextPiece,
    _ output: ProfileOutput
) throws {
    let texts = DistinctTexts(formatter: formatter)
    let (merged, nodes) = tree.mapped { texts.rank(of: $0) }
    let totals = columns.map { counts in
        var totals = [Int](repeating: 0, count: merged.count)
        for (node, count) in zip(nodes, counts) where node != .root { totals[Int(node.index)] &+= count }
        return totals
    }
    let order = SortedTree(merged)
    // The path to the present node; no recursion, as stacks may be deep.
    var path: [UInt32] = []
    var pending = order.children(of: 0).reversed().map { (node: $0, depth: 0) }
    while let (node, depth) = pending.popLast() {
        path.removeLast(path.count - depth)
        path.append(merged.frame(of: CallTree.Node(index: node)).index)
        if totals.contains(where: { $0[Int(node)] > 0 }) {
            for (index, rank) in path.enumerated() {
                if index > 0 { piece.text += ";" }
                piece.text += texts.sorted[Int(rank)]
            }
            for column in totals { piece.text += " \(column[Int(node)])" }
            piece.text += "\n"
            try piece.passOn(output)
        }
        for child in order.children(of: node).reversed() { pending.append((child, depth + 1)) }
    }
}

/// The distinct texts of all frames, sorted by their bytes. Different frames may have one text
/// (without line numbers, or after escaping), and no line is to appear twice.
private struct DistinctTexts {
    private(set) var sorted: [String] = []
    private var ranks: [UInt32]

    init(formatter: FrameFormatter) {
        // By bytes: Swift's == would take canonically equivalent names for one.
        let texts = (0..<formatter.frames.count).map { formatter.text(FrameID(index: UInt32($0))) }
        ranks = [UInt32](repeating: 0, count: texts.count)
        let order = texts.indices.sorted {
            texts[$0].utf8.lexicographicallyPrecedes(texts[$1].utf8)
        }
        for index in order {
            if !(sorted.last?.utf8.elementsEqual(texts[index].utf8) ?? false) {
                sorted.append(texts[index])
            }
            ranks[index] = UInt32(sorted.count - 1)
        }
    }

    func rank(of frame: FrameID) -> FrameID { FrameID(index: ranks[Int(frame.index)]) }
}
