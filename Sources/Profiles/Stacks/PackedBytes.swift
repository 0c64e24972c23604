/// Numbers packed as varints (7 bits a byte, low ones first), in chunks: growing never copies what is
/// there, so memory in use is what was written.
struct PackedBytes {
    private var chunks: [[UInt8]] = []
    private static let chunkSize = 1 << 16
    private static let longestVarint = 10

    var byteCount: Int { chunks.reduce(0) { $0 + $1.count } }

    mutating func append(_ number: UInt64) {
        // A number never straddles two chunks.
        if (chunks.last?.count ?? .max) > Self.chunkSize - Self.longestVarint {
            chunks.append([])
            chunks[chunks.count - 1].reserveCapacity(Self.chunkSize)
        }
        let last = chunks.count - 1
        var rest = number
        while rest > 0x7f {
            chunks[last].append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        chunks[last].append(UInt8(rest))
    }

    var numbers: Numbers { Numbers(bytes: self) }

    /// The numbers in the order in which they were appended.
    struct Numbers: Sequence, IteratorProtocol {
        private let chunks: [[UInt8]]
        private var chunk = 0
        private var offset = 0

        fileprivate init(bytes: PackedBytes) { chunks = bytes.chunks }

        mutating func next() -> UInt64? {
            guard chunk < chunks.count else { return nil }
            if offset == chunks[chunk].count {
                chunk += 1
                offset = 0
                guard chunk < chunks.count else { return nil }
            }
            var number: UInt64 = 0
            var shift: UInt64 = 0
            while offset < chunks[chunk].count {
                let byte = chunks[chunk][offset]
                offset += 1
                number |= UInt64(byte & 0x7f) << shift
                if byte < 0x80 { return number }
                shift += 7
            }
            return nil
        }
    }
}
