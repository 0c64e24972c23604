import FrameDecoding

/// What functions cost and what they called, added up over all stacks.
///
/// Where a function is in a stack more than once, its innermost call counts. So a function's own cost and those of
/// its calls add up to the samples that had it on the stack, also in recursions.
package struct CallCosts {
    /// What a line of a function called.
    package struct Call {
        package var line: Int
        package var callee: FrameID
        /// Samples of the callee and all that it called.
        package var cost: Int
    }

    private struct Edge: Hashable {
        var caller: FrameID
        var line: Int
        var callee: FrameID
    }

    private var own: [FrameID: [Int: Int]] = [:]
    private var calls: [FrameID: [Call]] = [:]
    /// All that were seen, in the order of their numbers.
    package let functions: [FrameID]
    /// Samples in all.
    package let total: Int

    /// Frames of `functions` are numbers of its functions. Without `lineNumbers` all is at line 0.
    package init(_ profile: CallProfile, _ functions: inout FunctionTable, lineNumbers: Bool) {
        let tree = profile.tree
        let totals = profile.totals(profile.counts)
        total = totals[0]
        func line(_ node: CallTree.Node) -> Int { lineNumbers ? profile.frames[tree.frame(of: node)].line : 0 }

        var costs: [Edge: Int] = [:]
        /// By function: its calls in the path to the present node, and what each of them calls there.
        var open: [FrameID: [Edge?]] = [:]
        var seen: Set<FrameID> = []
        let order = SortedTree(tree)
        // A node is met twice: when its calls begin and when they have ended.
        var pending = order.children(of: 0).reversed().map { (node: $0, isDone: false) }
        while let (index, isDone) = pending.popLast() {
            let node = CallTree.Node(index: index)
            let function = functions.function(of: tree.frame(of: node))
            if isDone {
                open[function]?.removeLast()
                continue
            }
            let samples = totals[Int(index)]
            guard samples > 0 else { continue }
            seen.insert(function)
            let count = profile.counts[Int(index)]
            if count > 0 { own[function, default: [:]][line(node), default: 0] += count }
            let parent = tree.parent(of: node)
            if parent != .root {
                let caller = functions.function(of: tree.frame(of: parent))
                let edge = Edge(caller: caller, line: line(parent), callee: function)
                costs[edge, default: 0] += samples
                let depth = (open[caller]?.count ?? 0) - 1
                if depth >= 0 { open[caller]?[depth] = edge }
            }
            // This call is further in than the last one of the same function.
            if let calls = open[function], let edge = calls.last.flatMap({ $0 }) { costs[edge, default: 0] -= samples }
            open[function, default: []].append(nil)
            pending.append((index, true))
            for child in order.children(of: index).reversed() { pending.append((child, false)) }
        }
        for (edge, cost) in costs where cost > 0 {
            calls[edge.caller, default: []].append(Call(line: edge.line, callee: edge.callee, cost: cost))
        }
        self.functions = seen.sorted { $0.index < $1.index }
    }

    /// Samples of a function itself, by line.
    package func own(_ function: FrameID) -> [(line: Int, cost: Int)] {
        (own[function] ?? [:]).sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// In the order of lines.
    package func calls(_ function: FrameID) -> [Call] {
        (calls[function] ?? []).sorted { ($0.line, $0.callee.index) < ($1.line, $1.callee.index) }
    }
}
