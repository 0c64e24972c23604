/// What a field of a protocol buffer message holds, see `ProtobufMessage`.
package enum WireValue {
    case number(UInt64)
    /// Text, packed numbers or a message: where it is.
    case bytes(Range<Int>)
}

/// A message that breaks off or is none.
package struct WireError: Error {}

/// Calls `body` with each field of the message in `range` of `bytes`.
package func forEachField(
    _ bytes: [UInt8], _ range: Range<Int>? = nil, _ body: (_ field: UInt64, WireValue) throws -> Void
) throws {
    var cursor = WireCursor(bytes: bytes, range: range ?? bytes.indices)
    while !cursor.isAtEnd {
        let tag = try cursor.varint()
        switch tag & 7 {
        case 0: try body(tag >> 3, .number(try cursor.varint()))
        case 1: try cursor.skip(8)
        case 2:
            let count = try cursor.varint()
            try body(tag >> 3, .bytes(try cursor.take(count)))
        case 5: try cursor.skip(4)
        default: throw WireError()
        }
    }
}

/// The numbers of a message, the last of each field; of the first 16 fields.
package func numbers(_ bytes: [UInt8], _ range: Range<Int>) throws -> [UInt64: UInt64] {
    var numbers: [UInt64: UInt64] = [:]
    try forEachField(bytes, range) { field, value in
        if field <= 16, case .number(let number) = value { numbers[field] = number }
    }
    return numbers
}

/// Packed numbers.
package func varints(_ bytes: [UInt8], _ range: Range<Int>) throws -> [UInt64] {
    var cursor = WireCursor(bytes: bytes, range: range)
    var numbers: [UInt64] = []
    while !cursor.isAtEnd { numbers.append(try cursor.varint()) }
    return numbers
}

private struct WireCursor {
    let bytes: [UInt8]
    private var offset: Int
    private let end: Int

    init(bytes: [UInt8], range: Range<Int>) {
        self.bytes = bytes
        offset = range.lowerBound
        end = range.upperBound
    }

    var isAtEnd: Bool { offset >= end }

    mutating func varint() throws -> UInt64 {
        var number: UInt64 = 0
        for shift in stride(from: 0, to: 70, by: 7) {
            guard offset < end else { throw WireError() }
            let byte = bytes[offset]
            offset += 1
            number |= UInt64(byte & 0x7f) << UInt64(shift)
            if byte < 0x80 { return number }
        }
        throw WireError()
    }

    mutating func take(_ count: UInt64) throws -> Range<Int> {
        guard count <= UInt64(end - offset) else { throw WireError() }
        defer { offset += Int(count) }
        return offset..<offset + Int(count)
    }

    mutating func skip(_ count: UInt64) throws { _ = try take(count) }
}
