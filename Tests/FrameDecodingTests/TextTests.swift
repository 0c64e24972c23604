import TargetMemory
import TestSupport
import Testing

@testable import FrameDecoding

struct TextTests {
    private let source = FakeSource()
    private let object: Address = 0x30010
    private let reader = TextReader.pep393(PEP393Layout(asciiSize: 48, compactSize: 72))

    private func text(_ reader: TextReader) throws -> String {
        let memory = Memory(source: source)
        memory.refresh()
        return try reader.read(object, in: memory).text
    }

    /// A string object as CPython 3.4 to 3.11 lays it out.
    private func make(kind: UInt32, compact: Bool, ascii: Bool, length: UInt64, data: [UInt8]) {
        source.map(0x30000, pages: 8)
        source.write(word: length, at: object + 16)
        let state = kind << 2 | (compact ? 1 << 5 : 0) | (ascii ? 1 << 6 : 0) | 1 << 7
        source.write(word: UInt64(state), at: object + 32)
        if compact {
            source.write(data, at: object + (ascii ? 48 : 72))
        } else {
            source.write(word: 0x32000, at: object + 72)
            source.write(data, at: 0x32000)
        }
    }

    private func bytes<T: FixedWidthInteger>(_ units: [T]) -> [UInt8] {
        units.flatMap { unit in withUnsafeBytes(of: unit) { Array($0) } }
    }

    @Test func ascii() throws {
        make(kind: 1, compact: true, ascii: true, length: 5, data: Array("hello".utf8))
        #expect(try text(reader) == "hello")
    }

    @Test func latin1() throws {
        make(kind: 1, compact: true, ascii: false, length: 3, data: [0xe9, 0x74, 0xe9])
        #expect(try text(reader) == "été")
    }

    @Test func twoBytes() throws {
        make(kind: 2, compact: true, ascii: false, length: 3, data: bytes([0x65e5, 0x672c, 0xdcff] as [UInt16]))
        #expect(try text(reader) == "日本\\udcff")
    }

    @Test func fourBytes() throws {
        make(kind: 4, compact: true, ascii: false, length: 2, data: bytes([0x10400, 0x110000] as [UInt32]))
        #expect(try text(reader) == "𐐀\\U00110000")
    }

    @Test func notCompact() throws {
        make(kind: 1, compact: false, ascii: false, length: 2, data: [0x61, 0xfc])
        #expect(try text(reader) == "aü")
    }

    @Test func empty() throws {
        make(kind: 1, compact: true, ascii: true, length: 0, data: [])
        #expect(try text(reader) == "")
    }

    @Test func longTextsAreCutOff() throws {
        make(kind: 1, compact: true, ascii: true, length: 10_000, data: [UInt8](repeating: 0x61, count: 10_000))
        #expect(try text(reader) == String(repeating: "a", count: TextReader.longest) + "…")
    }

    @Test(arguments: [(UInt32(0), UInt64(1)), (3, 1), (7, 1), (1, .max), (1, 1 << 40), (1, 1 << 32)])
    func hostileHeads(_ kind: UInt32, _ length: UInt64) {
        make(kind: kind, compact: true, ascii: true, length: length, data: [])
        #expect(throws: DecodeError.self) { try text(reader) }
    }

    /// Names are read before anything proves that there is a string.
    @Test(arguments: [0, 1, 0x30010, .max, .max - 15, .max - 40, 1 << 63] as [Address])
    func danglingTexts(_ address: Address) {
        let memory = Memory(source: source)
        memory.refresh()
        for reader in [reader, .byteString(size: 16, data: 36)] {
            #expect(throws: DecodeError.self) { try reader.read(address, in: memory) }
        }
    }

    /// A compact string's characters, or the pointer to them, may lie beyond what is mapped.
    @Test func charactersThatAreNotThere() {
        make(kind: 4, compact: true, ascii: false, length: 4000, data: [])
        source.unmap(0x31000)
        #expect(throws: DecodeError.self) { try text(reader) }
        make(kind: 1, compact: false, ascii: false, length: 5, data: [])
        for pointer in [0, .max, .max - 4] as [Address] {
            source.write(word: pointer, at: object + 72)
            #expect(throws: DecodeError.self) { try text(reader) }
        }
    }

    @Test func byteStrings() throws {
        source.map(0x30000, pages: 2)
        let data: [UInt8] = Array("caf".utf8) + [0xc3, 0xa9, 0xff, 0x62]
        source.write(word: UInt64(data.count), at: object + 16)
        source.write(data, at: object + 36)
        #expect(try text(.byteString(size: 16, data: 36)) == "café\\xffb")
        source.write(word: .max, at: object + 16)
        #expect(throws: DecodeError.self) { try text(.byteString(size: 16, data: 36)) }
    }
}
