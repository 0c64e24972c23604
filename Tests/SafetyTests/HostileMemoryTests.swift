import FrameDecoding
import Profiles
import TargetMemory
import TestSupport
import Testing

@testable import Py313

/// What a target may say of itself to harm whoever believes it.
struct HostileMemoryTests {
    /// `_Py_DebugOffsets` whose every word is `value`, but for `words`.
    private func memory(_ version: UInt64, all value: UInt64, _ words: [String: UInt64] = [:]) -> Memory {
        let source = FakeSource()
        source.map(0x10000, pages: 4)
        source.write(Array("xdebugpy".utf8), at: 0x10000)
        source.write(word: version << 16 | 0xf0, at: 0x10008)
        let names = DebugOffsetNames.ofVersion(PythonVersion(3, Int(version & 0xff)))
        for (index, name) in names.enumerated() {
            source.write(word: words[name] ?? value, at: 0x10018 + Address(index) * 8)
        }
        return Memory(source: source)
    }

    /// Offsets that others are worked out from: none may come to lie before its struct.
    @Test(arguments: [
        "interpreter_frame.instr_ptr", "code_object.co_code_adaptive", "bytes_object.ob_sval",
        "interpreter_state.gil_runtime_state_locked", "interpreter_state.gil_runtime_state_holder",
    ])
    func offsetsBeforeTheStruct(_ name: String) throws {
        let good = memory(0x030d, all: 64)
        _ = try InterpreterFrameABI(DebugOffsets(at: 0x10000, in: good))
        let bad = memory(0x030d, all: 64, [name: 3])
        #expect(throws: LayoutUnavailable.self) {
            try InterpreterFrameABI(DebugOffsets(at: 0x10000, in: bad))
        }
    }

    @Test(arguments: [1 << 24, 1 << 63, .max] as [UInt64])
    func hugeOffsets(_ offset: UInt64) {
        #expect(throws: LayoutUnavailable.self) {
            try DebugOffsets(at: 0x10000, in: memory(0x030d, all: 64, ["pyobject.size": offset]))
        }
    }

    /// A program that makes up new names all the time.
    @Test func framesAreBounded() {
        let few = FrameTable(mostFrames: 10)
        let ids = (0..<100).map { few.intern(Frame(file: "f", name: "n\($0)", line: 1)) }
        #expect(few.count == 11 && Set(ids).count == 11)
        #expect(few[ids[99]] == FrameTable.surplus && few[ids[9]].name == "n9")
        // What is known stays known.
        #expect(few.intern(Frame(file: "f", name: "n3", line: 1)) == ids[3])

        let short = FrameTable(mostText: 100)
        let long = String(repeating: "x", count: 30)
        let last = (0..<10).map { short.intern(Frame(file: long, name: "\($0)", line: 1)) }.last!
        #expect(short.count == 4 && short[last] == FrameTable.surplus)
    }

    @Test func stacksAreBounded() {
        let tree = CallTree(mostNodes: 100)
        let stack = (0..<1000).map { FrameID(index: UInt32($0)) }
        let node = tree.insert(stackLeafFirst: stack)
        #expect(tree.count == 100)
        #expect(tree.pathRootFirst(to: node).map { tree.frame(of: $0) } == Array(stack.reversed().prefix(99)))
    }

    /// More memory than any honest sample needs is refused, however it is asked for.
    @Test func memoryIsBounded() {
        final class Endless: MemorySource {
            let systemCalls = 0
            func read(_ ranges: UnsafeBufferPointer<AddressRange>, into buffer: UnsafeMutableRawPointer) -> Int {
                ranges.reduce(0) { $0 + $1.count }
            }
        }
        let memory = Memory(source: Endless())
        memory.refresh()
        var read = 0
        for page in 1..<UInt64(1 << 20) {
            guard (try? memory.bytes(at: page << 20, count: 8)) != nil else { break }
            read += 1
        }
        #expect(read == (128 << 20) / 4096)
        // In the next sample all is as before.
        memory.refresh()
        #expect(throws: Never.self) { try memory.bytes(at: 1 << 40, count: 8) }
    }
}
