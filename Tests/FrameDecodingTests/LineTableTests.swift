import Testing

@testable import FrameDecoding

struct LineTableTests {
    private func line(_ kind: LineTable, _ table: [UInt8], first: Int, at offset: Int) -> Int? {
        table.withUnsafeBytes { kind.line($0, firstLine: first, offset: offset) }
    }

    @Test func unsignedLnotab() {
        // 6 bytes, +1; 50 bytes, +255 and +45 in two entries.
        let table: [UInt8] = [6, 1, 50, 255, 0, 45]
        let lines = [(0, 1), (5, 1), (6, 2), (55, 2), (56, 302), (1000, 302)]
        for (offset, expected) in lines {
            #expect(line(.lnotabUnsigned, table, first: 1, at: offset) == expected)
        }
        #expect(line(.lnotabUnsigned, [], first: 7, at: 0) == 7)
        #expect(line(.lnotabUnsigned, table, first: 5, at: -1) == 5)
        // An odd byte at the end is no entry.
        #expect(line(.lnotabUnsigned, [2, 3, 4], first: 1, at: 100) == 4)
    }

    @Test func signedLnotab() {
        let table: [UInt8] = [4, 10, 4, UInt8(bitPattern: -8), 4, 127, 0, 127]
        let lines = [(0, 20), (4, 30), (8, 22), (12, 276)]
        for (offset, expected) in lines {
            #expect(line(.lnotabSigned, table, first: 20, at: offset) == expected)
        }
    }

    @Test func pep626() {
        // 4 bytes at +0, 2 without a line, 6 at +3, a jump back by 2.
        let table: [UInt8] = [4, 0, 2, 0x80, 6, 3, 2, UInt8(bitPattern: -2)]
        let lines: [(Int, Int?)] = [(-2, 10), (0, 10), (2, 10), (4, nil), (6, 13), (10, 13), (12, 11), (14, nil)]
        for (offset, expected) in lines {
            #expect(line(.pep626, table, first: 10, at: offset) == expected, "\(offset)")
        }
    }

    @Test func pep657() {
        func head(_ code: UInt8, _ units: UInt8) -> UInt8 { 0x80 | code << 3 | (units - 1) }
        let table: [UInt8] = [
            head(0, 1), 0x10,  // short form, same line
            head(10, 2), 5, 6,  // one-line form, same line
            head(11, 1), 5, 6,  // +1
            head(12, 1), 5, 6,  // +2
            head(13, 1), 7,  // no columns: varint 7 = -3
            head(15, 3),  // no line
            head(14, 1), 0x40 | 16, 2, 0, 1, 1,  // long form: 16 + 2 * 64 = 144 = +72
        ]
        let lines: [(Int, Int?)] = [
            (-2, 100), (0, 100), (2, 100), (4, 100), (6, 101), (8, 103), (10, 100), (12, nil), (16, nil),
            (18, 172), (20, nil),
        ]
        for (offset, expected) in lines {
            #expect(line(.pep657, table, first: 100, at: offset) == expected, "\(offset)")
        }
    }

    /// Whatever a table holds, an answer comes.
    @Test func garbage() {
        var state: UInt64 = 88172645463325252
        func random() -> UInt8 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return UInt8(truncatingIfNeeded: state)
        }
        for length in 0..<300 {
            let table = (0..<length).map { _ in random() }
            for kind in [LineTable.lnotabUnsigned, .lnotabSigned, .pep626, .pep657] {
                for offset in [-16, 0, 2, 100, 1 << 30] {
                    _ = line(kind, table, first: Int(Int32.max), at: offset)
                }
            }
        }
    }
}
