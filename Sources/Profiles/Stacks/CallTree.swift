import FrameDecoding

/// All distinct stacks of a run as one tree: a node is a frame under its callers, so a stack is the
/// node of its leaf. Memory grows with what is new in the program, 12 bytes or so per node.
package final class CallTree {
    /// A stack, by its leaf; a parent's index is always lower than its child's.
    package struct Node: Hashable, Sendable {
        package let index: UInt32
        /// The empty stack.
        package static let root = Node(index: 0)

        package init(index: UInt32) { self.index = index }
    }

    private var parents: [UInt32] = [0]
    private var frames: [UInt32] = [0]
    /// Open addressing by (parent, frame); 0 is an empty slot, as the root is nobody's child.
    private var slots = [UInt32](repeating: 0, count: 256)
    /// The nodes of the stack that was inserted last, root first.
    private var lastPath: [UInt32] = []

    private let mostNodes: Int

    /// No program has as many different stacks as the bound allows (some 300 MB), unless it is made to.
    /// Beyond it a stack ends at its caller.
    package init(mostNodes: Int = 1 << 24) {
        self.mostNodes = mostNodes
    }

    /// Nodes, the root included.
    package var count: Int { parents.count }

    /// The node of a stack, made when it is new.
    package func insert(stackLeafFirst stack: [FrameID]) -> Node {
        // Most of a stack is as it was in the last sample: no need to look that up.
        var depth = 0
        var node = UInt32(0)
        var index = stack.count - 1
        while index >= 0, depth < lastPath.count,
            frames[Int(lastPath[depth])] == stack[index].index
        {
            node = lastPath[depth]
            depth += 1
            index -= 1
        }
        lastPath.removeLast(lastPath.count - depth)
        while index >= 0 {
            node = child(of: node, frame: stack[index].index)
            lastPath.append(node)
            index -= 1
        }
        return Node(index: node)
    }

    /// The node of `frame` called by `parent`, made when it is new.
    package func child(of parent: Node, frame: FrameID) -> Node {
        Node(index: child(of: parent.index, frame: frame.index))
    }

    /// The node number `index`; 0 is the root.
    package func node(at index: Int) -> Node { Node(index: UInt32(index)) }

    package func parent(of node: Node) -> Node { Node(index: parents[Int(node.index)]) }

    /// The frame of a node; meaningless for the root.
    package func frame(of node: Node) -> FrameID { FrameID(index: frames[Int(node.index)]) }

    /// The nodes from the outermost frame to `node`, without the root.
    package func pathRootFirst(to node: Node) -> [Node] {
        var path: [Node] = []
        var node = node
        while node != .root {
            path.append(node)
            node = parent(of: node)
        }
        path.reverse()
        return path
    }

    /// The same stacks over other frames, those that become equal being one; and for each node of
    /// this tree, by index, its node there.
    package func mapped(_ transform: (FrameID) -> FrameID) -> (tree: CallTree, nodes: [Node]) {
        let tree = CallTree()
        var nodes = [Node.root]
        nodes.reserveCapacity(count)
        for index in 1..<max(count, 1) {
            let frame = transform(FrameID(index: frames[index]))
            nodes.append(tree.child(of: nodes[Int(parents[index])], frame: frame))
        }
        return (tree, nodes)
    }

    private func child(of parent: UInt32, frame: UInt32) -> UInt32 {
        let mask = slots.count - 1
        var slot = Self.hash(parent, frame) & mask
        while slots[slot] != 0 {
            let node = Int(slots[slot])
            if parents[node] == parent && frames[node] == frame { return slots[slot] }
            slot = (slot + 1) & mask
        }
        guard parents.count < mostNodes else { return parent }
        let node = UInt32(parents.count)
        parents.append(parent)
        frames.append(frame)
        slots[slot] = node
        if parents.count * 2 > slots.count { grow() }
        return node
    }

    private func grow() {
        let mask = slots.count * 2 - 1
        var wider = [UInt32](repeating: 0, count: mask + 1)
        for node in 1..<parents.count {
            var slot = Self.hash(parents[node], frames[node]) & mask
            while wider[slot] != 0 { slot = (slot + 1) & mask }
            wider[slot] = UInt32(node)
        }
        slots = wider
    }

    @inline(__always)
    private static func hash(_ parent: UInt32, _ frame: UInt32) -> Int {
        let key = UInt64(parent) << 32 | UInt64(frame)
        return Int((key &* 0x9e37_79b9_7f4a_7c15) >> 32)
    }
}
