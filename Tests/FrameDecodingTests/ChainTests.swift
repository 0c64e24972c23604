import TargetMemory
import TestSupport
import Testing

@testable import FrameDecoding

struct ChainTests {
    @Test(arguments: [1, 2, 3, 7, 100])
    func cyclesAreFound(_ length: Int) {
        var chain = ChainGuard(limit: 1 << 30)
        #expect(throws: DecodeError.self) {
            for step in 0..<10_000 where try !chain.step(Address(1000 + step % length)) { break }
        }
    }

    @Test func longChainsEndAtTheBound() throws {
        var chain = ChainGuard(limit: 100)
        var steps = 0
        while try chain.step(Address(steps + 1)) { steps += 1 }
        #expect(steps == 100)
    }

    @Test func interpretersInACycle() {
        let source = FakeSource()
        source.map(0x10000, pages: 1)
        source.write(word: 0x10100, at: 0x10000)
        source.write(word: 0x10100, at: 0x10100)
        let walk = ThreadWalk(
            layout: ThreadLayout(
                interpreterNext: 0, interpreterThreads: 8, next: 8, interpreter: 16, threadID: 24, frame: 32),
            interpretersHead: 0x10000)
        let memory = Memory(source: source)
        memory.refresh()
        #expect(throws: DecodeError.self) { try walk.interpreters(in: memory) }
    }
}

struct VersionTests {
    @Test func abis() {
        #expect(ABI("36") == ABI(major: 3, minor: 6))
        #expect(ABI("3.11") == ABI(major: 3, minor: 11))
        #expect(ABI("2.7")?.description == "27")
        for text in ["", "3", "3.", ".36", "3.6.1", "36a", "33333", "-3"] { #expect(ABI(text) == nil, "\(text)") }
    }

    @Test func versions() {
        #expect(PythonVersion(hex: 0x030d_00f0) == PythonVersion(3, 13, 0))
        #expect(PythonVersion(hex: 0) == nil && PythonVersion(hex: 1 << 40) == nil)
        #expect(PythonVersion(prefixOf: "2.7.18+ (default") == PythonVersion(2, 7, 18))
        #expect(PythonVersion(prefixOf: "3.13.0rc1") == PythonVersion(3, 13, 0))
        #expect(PythonVersion(prefixOf: "1.2.13") == nil && PythonVersion(prefixOf: "3") == nil)
        #expect(PythonVersion(3, 9, 18) < PythonVersion(3, 10, 0))
    }

    @Test func framesAreInternedOnce() {
        let table = FrameTable()
        let first = table.intern(Frame(file: "a", name: "b", line: 1))
        #expect(table.intern(Frame(file: "a", name: "b", line: 1)) == first)
        #expect(table.intern(Frame(file: "a", name: "b", line: 2)) != first)
        #expect(table.count == 2 && table[first].line == 1)
    }
}
