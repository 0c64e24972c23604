import FrameDecoding

/// The children of each node of a tree, in the order of their frames.
package struct SortedTree {
    private var nodes: [UInt32]
    /// By index of a node: where its children begin in `nodes`.
    private var starts: [Int]

    /// `rank` is the place of a frame among others; by default its index.
    package init(_ tree: CallTree, rank: (FrameID) -> UInt32 = { $0.index }) {
        let all = (0..<UInt32(truncatingIfNeeded: tree.count)).map(CallTree.Node.init(index:))
        starts = [Int](repeating: 0, count: tree.count + 1)
        for node in all.dropFirst() { starts[Int(tree.parent(of: node).index) + 1] += 1 }
        for index in 1..<starts.count { starts[index] += starts[index - 1] }
        nodes = all.dropFirst().map {
            (parent: tree.parent(of: $0).index, rank: rank(tree.frame(of: $0)), node: $0.index)
        }.sorted { $0 < $1 }.map(\.node)
    }

    package func children(of node: UInt32) -> ArraySlice<UInt32> {
        nodes[starts[Int(node)]..<starts[Int(node) + 1]]
    }
}
