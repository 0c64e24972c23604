import FrameDecoding

/// Folded stacks, as flamegraph.pl takes them: one line per distinct stack, root first, and its count.
public final class FoldedSink: SampleSink {
    private let formatter: FrameFormatter
    private let excludeIdle: Bool
    private let tree = CallTree()
    /// By index of a node.
    private var counts: [Int] = [0]
    private var idle = 0
    private var failed = 0

    /// With `excludeIdle` the line `(idle)` is left out.
    public init(formatter: FrameFormatter, excludeIdle: Bool = false) {
        self.formatter = formatter
        self.excludeIdle = excludeIdle
    }

    /// Each thread's stack counts 1; a sample in which no thread has any frames is idle.
    public func record(_ sample: Sample) {
        switch sample.outcome {
        case .idle: idle += sample.count
        case .failed: failed += sample.count
        case .stacks(let threads):
            var isIdle = true
            for thread in threads where !thread.frames.isEmpty {
                isIdle = false
                let node = tree.insert(stackLeafFirst: thread.frames)
                while counts.count < tree.count { counts.append(0) }
                counts[Int(node.index)] += sample.count
            }
            if isIdle { idle += sample.count }
        }
    }

    public func finish(_ run: RunSummary, into output: ProfileOutput) throws {
        var piece = TextPiece()
        if idle > 0 && !excludeIdle { piece.text += "(idle) \(idle)\n" }
        if failed > 0 { piece.text += "(failed) \(failed)\n" }
        let texts = DistinctTexts(formatter: formatter)
        let (merged, nodes) = tree.mapped { texts.rank(of: $0) }
        var totals = [Int](repeating: 0, count: merged.count)
        for (node, count) in zip(nodes, counts) where node != .root {
            totals[Int(node.index)] += count
        }
        let order = SortedTree(merged)
        // The path to the present node; no recursion, as stacks may be deep.
        var path: [UInt32] = []
        var pending = order.children(of: 0).reversed().map { (node: $0, depth: 0) }
        while let (node, depth) = pending.popLast() {
            path.removeLast(path.count - depth)
            path.append(merged.frame(of: CallTree.Node(index: node)).index)
            if totals[Int(node)] > 0 {
                for (index, rank) in path.enumerated() {
                    if index > 0 { piece.text += ";" }
                    piece.text += texts.sorted[Int(rank)]
                }
                piece.text += " \(totals[Int(node)])\n"
                try piece.passOn(output)
            }
            for child in order.children(of: node).reversed() { pending.append((child, depth + 1)) }
        }
        try piece.flush(output)
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
