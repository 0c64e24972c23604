/// `co_linetable` of CPython 3.11 and later (Objects/locations.md there): entries of one head byte
/// (set top bit, a code of four bits, a length of 1 to 8 code units), and what the code says follows.
public enum PEP657 {
    /// The line of the instruction at `offset` (bytes); nil where there is none.
    public static func line(
        _ table: UnsafeRawBufferPointer, firstLine: Int, offset: Int
    ) -> Int? {
        guard offset >= 0 else { return firstLine }
        var line = firstLine
        var end = 0
        var index = 0
        while index < table.count {
            let head = table[index]
            let code = head >> 3 & 15
            end += (Int(head & 7) + 1) * 2
            index += 1
            switch code {
            case 13, 14: line &+= signedVarint(table, at: index)  // no columns; long form
            case 11, 12: line &+= Int(code) - 10  // one line, with columns, 1 or 2 lines on
            default: break  // 0 to 9: short form, same line; 10: same line; 15: no line
            }
            if offset < end { return code == 15 ? nil : line }
            // The next entry begins at the next byte whose top bit is set.
            while index < table.count, table[index] & 0x80 == 0 { index += 1 }
        }
        return nil
    }

    /// Six bits a byte, least significant first; bit 6 says that more follow, bit 0 of the whole is the sign.
    private static func signedVarint(_ table: UnsafeRawBufferPointer, at start: Int) -> Int {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        var index = start
        while index < table.count, shift < 60 {
            let byte = table[index]
            value |= UInt64(byte & 63) << shift
            if byte & 64 == 0 { break }
            shift += 6
            index += 1
        }
        let magnitude = Int(value >> 1)
        return value & 1 == 1 ? -magnitude : magnitude
    }
}
