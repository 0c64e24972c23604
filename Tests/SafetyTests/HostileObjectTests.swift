import FrameDecoding
import TargetMemory
import TestSupport
import Testing

@testable import FrameDecoding

/// Variables that cost as much to read as their bounds allow.
struct HostileObjectTests {
    private let source = FakeSource()
    private let type: Address = 0x10000
    private let dict: Address = 0x11000
    private let code: Address = 0x12000
    private let frame: Address = 0x13000
    private let table: Address = 0x100000
    private static let names = 200

    /// As CPython 2.7 lays it out: 200 variables, each of them the same empty dict with a table of 65536 entries.
    private func memory() -> Memory {
        source.map(0x10000, pages: 8)
        source.map(table, pages: 0x180)
        source.write(word: type + 512, at: type + 24)  // tp_name
        source.write(Array("dict".utf8), at: type + 512)
        source.write(word: type, at: dict + 8)
        source.write(word: 0xffff, at: dict + 32)  // ma_mask
        source.write(word: table, at: dict + 40)  // ma_table
        let tuple = code + 0x200
        let name = code + 0x180
        source.write(word: tuple, at: code + 56)  // co_varnames; the other two are empty
        source.write(word: tuple + 0xa00, at: code + 64)
        source.write(word: tuple + 0xa00, at: code + 72)
        source.write(word: UInt64(Self.names), at: tuple + 16)
        source.write(word: 1, at: name + 16)  // ob_size
        source.write(Array("v".utf8), at: name + 36)
        for index in 0..<Self.names {
            source.write(word: name, at: tuple + 24 + Address(index) * 8)
            source.write(word: dict, at: frame + 376 + Address(index) * 8)
        }
        let memory = Memory(source: source)
        memory.refresh()
        return memory
    }

    private func program() -> ProgramReader {
        let code = CodeReader(
            layout: CodeLayout(firstLine: 96, fileName: 80, name: 88, lineTable: 104),
            text: .byteString(size: 16, data: 36), lines: .lnotabUnsigned, bytesSize: 16, bytesData: 36, codeType: nil)
        let walk = ThreadWalk(
            layout: ThreadLayout(
                interpreterNext: 0, interpreterThreads: 8, next: 0, interpreter: 8, threadID: 144, frame: 16),
            interpretersHead: 0)
        return ProgramReader(
            layout: ProgramLayout(
                objects: ObjectLayout(dictionaries: .table, integers: .signedSize(digitBits: 30), isPython2: true),
                variables: VariableLayout(slots: 376, names: 56), modules: 16),
            code: code, walk: walk)
    }

    /// Without a bound on all of them, the frames of one thread could take hours.
    @Test func allOfThemTogether() throws {
        let memory = memory()
        let program = program()
        let place = FramePlace(frame: frame, code: code)
        let frames = program.variables(of: Array(repeating: place, count: 50), in: memory)
        let values = frames.flatMap { $0 }.map(\.value)
        let whole = values.count { $0 == "{}" }
        #expect(whole == Effort.most / 0x10000 - 1, "as many dicts as the bound allows")
        #expect(values[..<whole].allSatisfy { $0 == "{}" } && values.count <= 2 * Self.names)
        #expect(Set(values[whole...]).isSubset(of: ["<unreadable>", "..."]))
        // The next sample begins anew.
        memory.refresh()
        #expect(program.variables(of: [place], in: memory)[0].first?.value == "{}")
    }
}
