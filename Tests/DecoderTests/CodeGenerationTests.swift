import FrameDecoding
import TargetMemory
import TestSupport
import Testing

/// What the interpreter's count of code objects spares, and when it must not be believed.
struct CodeGenerationTests {
    private static let place = 56
    private let python: FakePython311
    private let memory: Memory

    init() throws {
        python = try FakePython311(depth: 5, generation: CodeGeneration(offset: Self.place, kind: .ends))
        memory = Memory(source: python.source)
    }

    private func name(in memory: Memory, of python: FakePython311, proven: Bool = true) throws -> String {
        memory.refresh()
        let thread = try #require(try python.decoder.threads(in: memory).first)
        var frames: [FrameID] = []
        try python.decoder.stack(of: thread, in: memory, into: &frames)
        if proven { memory.confirm() }
        return python.table[frames[2]].name
    }

    private func count(_ count: UInt64) { python.source.write(count, at: python.interpreter + Address(Self.place)) }

    /// What cannot be, a code object changed in its place, shows who is not looked at.
    @Test func sameCountSparesTheLook() throws {
        #expect(try name(in: memory, of: python) == "f2")
        python.rename(python.codes[2], "other")
        #expect(try name(in: memory, of: python) == "f2")
        count(1)
        #expect(try name(in: memory, of: python) == "other")
    }

    /// Code objects are no longer read along.
    @Test func workingSetShrinks() throws {
        var sizes: [Int] = []
        for _ in 0..<200 {
            let before = python.source.bytesRead
            _ = try name(in: memory, of: python)
            sizes.append(python.source.bytesRead - before)
        }
        #expect(sizes[199] < sizes[10] - 5 * 256, "\(sizes)")
    }

    /// The count may be newer than a code object that was read with it.
    @Test func unprovenSamplesCountForNothing() throws {
        #expect(try name(in: memory, of: python, proven: false) == "f2")
        python.rename(python.codes[2], "other")
        #expect(try name(in: memory, of: python, proven: false) == "other")
        #expect(try name(in: memory, of: python) == "other")
        python.rename(python.codes[2], "third")
        #expect(try name(in: memory, of: python) == "other")
    }

    /// A proof is of one sample, not of the one before it.
    @Test func laterProofDoesNotCount() throws {
        #expect(try name(in: memory, of: python, proven: false) == "f2")
        memory.refresh()
        memory.confirm()
        python.rename(python.codes[2], "other")
        #expect(try name(in: memory, of: python) == "other")
    }

    @Test func anotherReaderHasItsOwnProofs() throws {
        let other = Memory(source: python.source)
        #expect(try name(in: memory, of: python, proven: false) == "f2")
        python.rename(python.codes[2], "other")
        #expect(try name(in: other, of: python) == "other")
        #expect(try name(in: memory, of: python) == "other")
    }

    /// Each interpreter counts what it makes, and one may run what is another's.
    @Test func severalInterpreters() throws {
        #expect(try name(in: memory, of: python) == "f2")
        let second: Address = 0x18000
        python.source.write(second, at: python.interpreter)  // `next`
        python.rename(python.codes[2], "other")
        #expect(try name(in: memory, of: python) == "other")
    }

    private func versions(_ next: UInt32, of code: UInt32) throws -> FakePython311 {
        let python = try FakePython311(depth: 5, generation: CodeGeneration(offset: Self.place, kind: .versions))
        python.source.write(next, at: python.interpreter + Address(Self.place))
        for place in python.codes { python.source.write(code, at: place + Address(FakePython311.versionPlace)) }
        return python
    }

    /// A code object that is newer than the count says that the word is none; 0 says that it has come to its end.
    @Test(arguments: [(10, 9, true), (10, 10, false), (10, 4_000_000_000, false), (0, 9, false)] as [(UInt32, UInt32, Bool)])
    func versionsAreFromTheCount(_ next: UInt32, _ code: UInt32, _ isBelieved: Bool) throws {
        let python = try versions(next, of: code)
        let memory = Memory(source: python.source)
        #expect(try name(in: memory, of: python) == "f2")
        python.rename(python.codes[2], "other")
        // Another version, too: that is what is looked at where it is.
        python.source.write(code &- 1, at: python.codes[2] + Address(FakePython311.versionPlace))
        #expect(try name(in: memory, of: python) == (isBelieved ? "f2" : "other"))
    }
}
