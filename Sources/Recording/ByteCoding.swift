/// Writes the numbers and texts that sections are made of.
struct ByteWriter {
    private(set) var bytes: [UInt8] = []

    /// Seven bits a byte, the lowest first; the top bit says that more follow (LEB128).
    mutating func number(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func number(_ value: Int) { number(UInt64(max(value, 0))) }

    /// The number of bytes, then UTF-8.
    mutating func text(_ text: String) {
        number(text.utf8.count)
        bytes += text.utf8
    }

    mutating func raw(_ more: [UInt8]) { bytes += more }
}

/// Reads them again; whatever the bytes are, it ends or throws.
struct ByteReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func number() throws(RecordingError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: 0, to: 70, by: 7) {
            guard let byte = rest.popFirst() else { throw .damaged("a section ends in a number") }
            guard shift < 63 || byte <= 1 else { break }
            value |= UInt64(byte & 0x7f) << UInt64(shift)
            if byte < 0x80 { return value }
        }
        throw .damaged("a number has more than 64 bits")
    }

    /// A number up to `limit`.
    mutating func number(upTo limit: Int) throws(RecordingError) -> Int {
        let value = try number()
        // A limit below 0: a place in a table that is empty.
        guard limit >= 0, value <= UInt64(limit) else { throw .damaged("the number \(value) is over \(limit)") }
        return Int(value)
    }

    /// How many elements follow; each has at least `size` bytes, so there cannot be more than fit.
    mutating func count(ofAtLeast size: Int) throws(RecordingError) -> Int {
        let count = try number()
        guard count <= UInt64(rest.count / size) else {
            throw .damaged("\(count) elements are announced, but \(rest.count) bytes are left")
        }
        return Int(count)
    }

    mutating func text() throws(RecordingError) -> String {
        let count = try count(ofAtLeast: 1)
        defer { rest = rest.dropFirst(count) }
        return String(decoding: rest.prefix(count), as: UTF8.self)
    }

    /// All that is left.
    mutating func raw() -> [UInt8] {
        defer { rest = [] }
        return Array(rest)
    }
}
