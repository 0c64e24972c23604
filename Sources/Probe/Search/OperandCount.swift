import TargetMemory

/// How often an image's code refers to each word of its data: what tells apart variables that look alike.
///
/// Instructions are not decoded: every four bytes that lead to a word of the data when taken for an operand
/// count. Code has few others, and `_PyThreadState_Current` is among the most used of all variables.
struct OperandCount {
    private let start: Address
    private var counts: [UInt16]

    private static let largestData = 64 << 20
    private static let pieceSize: UInt64 = 512 << 10

    init?(of data: Range<Address>, in image: MappedImage, _ memory: SearchMemory) {
        guard data.count <= Self.largestData else { return nil }
        start = data.lowerBound
        counts = Array(repeating: 0, count: data.count / 8)
        let span = UInt64(data.count)
        for mapping in image.mappings where mapping.executable && mapping.readable {
            var at = mapping.start
            while at < mapping.end,
                let code = memory.piece(at, count: Int(min(Self.pieceSize, mapping.end - at)))
            {
                count(code, at: at, span, absolute: image.header.isFixed)
                at += UInt64(code.count)
            }
        }
    }

    private mutating func count(_ code: [UInt8], at address: Address, _ span: UInt64, absolute: Bool) {
        code.withUnsafeBytes { code in
            var next = address &+ 4 &- start
            for offset in 0..<max(code.count - 3, 0) {
                let operand = code.loadUnaligned(fromByteOffset: offset, as: Int32.self)
                note(next &+ UInt64(bitPattern: Int64(operand)), span)
                if absolute { note(UInt64(UInt32(bitPattern: operand)) &- start, span) }
                next &+= 1
            }
        }
    }

    @inline(__always)
    private mutating func note(_ offset: UInt64, _ span: UInt64) {
        guard offset < span, offset & 7 == 0 else { return }
        let index = Int(offset / 8)
        if index < counts.count, counts[index] < .max { counts[index] += 1 }
    }

    subscript(address: Address) -> Int {
        let offset = address &- start
        return offset / 8 < UInt64(counts.count) ? Int(counts[Int(offset / 8)]) : 0
    }
}
