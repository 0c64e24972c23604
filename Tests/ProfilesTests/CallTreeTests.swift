import FrameDecoding
import Testing

@testable import Profiles

struct CallTreeTests {
    @Test func equalStacksAreOneNode() {
        let tree = CallTree()
        let stack = [3, 2, 1].map { FrameID(index: $0) }
        let node = tree.insert(stackLeafFirst: stack)
        #expect(tree.insert(stackLeafFirst: stack) == node)
        #expect(tree.count == 4)
        #expect(tree.pathRootFirst(to: node).map { tree.frame(of: $0).index } == [1, 2, 3])
    }

    @Test func anEmptyStackIsTheRoot() {
        let tree = CallTree()
        #expect(tree.insert(stackLeafFirst: []) == .root)
        #expect(tree.pathRootFirst(to: .root).isEmpty)
    }

    @Test func manyStacksAreAllFoundAgain() {
        let tree = CallTree()
        func stack(_ number: UInt32) -> [FrameID] {
            [number % 7, number / 7 % 11, number / 77, 5].map { FrameID(index: $0) }
        }
        let nodes = (0..<20_000).map { tree.insert(stackLeafFirst: stack($0)) }
        #expect(Set(nodes).count == 20_000)
        #expect((0..<20_000).map { tree.insert(stackLeafFirst: stack($0)) } == nodes)
        for node in nodes { #expect(tree.parent(of: node).index < node.index) }
    }

    @Test func mappingMergesWhatBecomesEqual() {
        let tree = CallTree()
        let left = tree.insert(stackLeafFirst: [FrameID(index: 10), FrameID(index: 0)])
        let right = tree.insert(stackLeafFirst: [FrameID(index: 11), FrameID(index: 1)])
        let (merged, nodes) = tree.mapped { FrameID(index: $0.index / 10) }
        #expect(nodes[Int(left.index)] == nodes[Int(right.index)])
        #expect(merged.count == 3)
    }
}
