import FrameDecoding

/// Counted stacks as a tree of calls, wherever they came from: a run, a recorded profile, or two
/// profiles that are compared. Memory grows with distinct stacks.
package final class CallProfile {
    package let frames: FrameTable
    package let tree: CallTree
    /// By index of a node: samples whose leaf it is.
    package private(set) var counts: [Int]
    /// The same of the profile that this one is compared with; nil when there is none.
    package private(set) var before: [Int]?

    /// Frames that were left out, having too few samples to be seen.
    package static let leftOut = Frame.omitted("…")

    package init(frames: FrameTable = FrameTable(), isComparison: Bool = false) {
        self.frames = frames
        tree = CallTree()
        counts = [0]
        before = isComparison ? [0] : nil
    }

    private init(frames: FrameTable, tree: CallTree, counts: [Int], before: [Int]?) {
        self.frames = frames
        self.tree = tree
        self.counts = counts
        self.before = before
    }

    /// Adds samples of a stack; in a comparison, `before` are those of the other profile.
    package func add(_ stackLeafFirst: [FrameID], count: Int = 1, before: Int = 0) {
        add(to: tree.insert(stackLeafFirst: stackLeafFirst), count: count, before: before)
    }

    /// Adds samples of a frame that has no callers: idle and failed samples.
    package func add(_ frame: Frame, count: Int = 1, before: Int = 0) {
        guard count > 0 || before > 0 else { return }
        add([frames.intern(frame)], count: count, before: before)
    }

    private func add(to node: CallTree.Node, count: Int, before added: Int) {
        let missing = tree.count - counts.count
        if missing > 0 {
            counts.append(contentsOf: repeatElement(0, count: missing))
            before?.append(contentsOf: repeatElement(0, count: missing))
        }
        counts[Int(node.index)] &+= count
        before?[Int(node.index)] &+= added
    }

    /// Samples of each node and all under it, by index; the root's are all there are.
    package func totals(_ counts: [Int]) -> [Int] {
        var totals = counts
        for index in stride(from: tree.count - 1, to: 0, by: -1) {
            totals[Int(tree.parent(of: CallTree.Node(index: UInt32(index))).index)] &+= totals[index]
        }
        return totals
    }

    /// The same stacks with the lines of a function as one; `byName` takes functions of one name in one file
    /// for one as well, and no line is left.
    package func folded(byName: Bool = false) -> CallProfile {
        let functions = FrameTable()
        let (folded, nodes) = tree.mapped { [frames] id in
            var function = frames[id].function
            if byName { function.firstLine = 0 }
            return functions.intern(function)
        }
        func sums(_ counts: [Int]) -> [Int] {
            var sums = [Int](repeating: 0, count: folded.count)
            for (node, count) in zip(nodes, counts) { sums[Int(node.index)] &+= count }
            return sums
        }
        return CallProfile(
            frames: functions, tree: folded, counts: sums(counts), before: before.map(sums))
    }

    /// The `limit` frames with the most samples, and in place of what they called besides a frame `…`
    /// with its samples. The same profile when it has no more than that.
    package func pruned(to limit: Int) -> CallProfile {
        guard tree.count - 1 > limit else { return self }
        var weights = totals(counts)
        if let before {
            for (index, total) in totals(before).enumerated() { weights[index] &+= total }
        }
        var depths = [Int32](repeating: 0, count: tree.count)
        for index in 1..<tree.count {
            depths[index] = depths[Int(tree.parent(of: CallTree.Node(index: UInt32(index))).index)] + 1
        }
        // A caller has at least the samples of what it calls, and is less deep: it is kept as well.
        let kept = (1..<tree.count).sorted {
            (-weights[$0], depths[$0], $0) < (-weights[$1], depths[$1], $1)
        }.prefix(limit)
        var isKept = [Bool](repeating: false, count: tree.count)
        isKept[0] = true
        for index in kept { isKept[index] = true }

        let result = CallProfile(frames: frames, isComparison: before != nil)
        let rest = frames.intern(Self.leftOut)
        var nodes = [CallTree.Node](repeating: .root, count: tree.count)
        for index in 0..<tree.count {
            let node = CallTree.Node(index: UInt32(index))
            let above = nodes[Int(tree.parent(of: node).index)]
            if isKept[index] {
                nodes[index] = index == 0 ? .root : result.tree.child(of: above, frame: tree.frame(of: node))
            } else {
                let isTopmost = isKept[Int(tree.parent(of: node).index)]
                nodes[index] = isTopmost ? result.tree.child(of: above, frame: rest) : above
            }
            result.add(to: nodes[index], count: counts[index], before: before?[index] ?? 0)
        }
        return result
    }
}
