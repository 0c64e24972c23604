import TargetMemory

/// A process's memory made up for a test: bytes at addresses, and nothing anywhere else.
final class FakeMemory: MemorySource {
    var pieces: [(start: Address, bytes: [UInt8])]
    private(set) var systemCalls = 0

    init(_ pieces: [(start: Address, bytes: [UInt8])] = []) { self.pieces = pieces }

    func read(
        _ ranges: UnsafeBufferPointer<AddressRange>, into buffer: UnsafeMutableRawPointer
    ) -> Int {
        systemCalls += 1
        var copied = 0
        for range in ranges {
            guard let piece = pieces.first(where: {
                range.start >= $0.start && range.start - $0.start < UInt64($0.bytes.count)
            }) else { return copied > 0 ? copied : -14 }
            let offset = Int(range.start - piece.start)
            let count = min(range.count, piece.bytes.count - offset)
            piece.bytes.withUnsafeBytes {
                buffer.advanced(by: copied).copyMemory(from: $0.baseAddress! + offset, byteCount: count)
            }
            copied += count
            if count < range.count { return copied }
        }
        return copied
    }
}

extension [UInt8] {
    mutating func put<Value: FixedWidthInteger>(_ value: Value, at offset: Int) {
        for index in 0..<MemoryLayout<Value>.size {
            self[offset + index] = UInt8(truncatingIfNeeded: value >> Value(index * 8))
        }
    }
}

/// A small shared library: header, dynamic section, hash tables and symbols, all in one segment
/// that is loaded at the addresses it has in the file.
func makeImage(symbols: [(name: String, value: UInt64, section: UInt16)], gnu: Bool) -> [UInt8] {
    var image = [UInt8](repeating: 0, count: 0x2000)
    image.replaceSubrange(0..<6, with: [0x7f, 0x45, 0x4c, 0x46, 2, 1])
    image.put(UInt16(3), at: 16)  // ET_DYN
    image.put(UInt16(62), at: 18)
    image.put(UInt64(64), at: 32)
    image.put(UInt16(56), at: 54)
    image.put(UInt16(2), at: 56)
    func segment(_ at: Int, type: UInt32, address: UInt64, size: UInt64) {
        image.put(type, at: at)
        image.put(UInt32(7), at: at + 4)
        image.put(address, at: at + 8)
        image.put(address, at: at + 16)
        image.put(size, at: at + 32)
        image.put(size, at: at + 40)
    }
    segment(64, type: 1, address: 0, size: 0x2000)
    segment(120, type: 2, address: 0x200, size: 0x100)

    // One bucket, so that every name is in one chain; a bloom filter that lets everything pass.
    let hash = 0x400, table = 0x800, strings = 0x1000
    var text: [UInt8] = [0]
    for (index, symbol) in symbols.enumerated() {
        let at = table + (index + 1) * 24
        image.put(UInt32(text.count), at: at)
        image[at + 4] = 0x11
        image.put(symbol.section, at: at + 6)
        image.put(symbol.value, at: at + 8)
        text += Array(symbol.name.utf8) + [0]
    }
    image.replaceSubrange(strings..<strings + text.count, with: text)
    if gnu {
        image.put(UInt32(1), at: hash)
        image.put(UInt32(1), at: hash + 4)
        image.put(UInt32(1), at: hash + 8)
        image.put(UInt64.max, at: hash + 16)
        image.put(UInt32(symbols.isEmpty ? 0 : 1), at: hash + 24)
        for (index, symbol) in symbols.enumerated() {
            let value = symbol.name.utf8.reduce(UInt32(5381)) { $0 &* 33 &+ UInt32($1) }
            let isLast: UInt32 = index == symbols.count - 1 ? 1 : 0
            image.put(value & ~1 | isLast, at: hash + 28 + index * 4)
        }
    } else {
        image.put(UInt32(1), at: hash)
        image.put(UInt32(symbols.count + 1), at: hash + 4)
        image.put(UInt32(symbols.isEmpty ? 0 : 1), at: hash + 8)
        for index in symbols.indices {
            let next = index == symbols.count - 1 ? 0 : index + 2
            image.put(UInt32(next), at: hash + 12 + (index + 1) * 4)
        }
    }
    let entries: [(UInt64, UInt64)] = [
        (gnu ? 0x6fff_fef5 : 4, UInt64(hash)), (5, UInt64(strings)), (6, UInt64(table)),
        (10, UInt64(text.count)), (14, 1), (0, 0),
    ]
    for (index, entry) in entries.enumerated() {
        image.put(entry.0, at: 0x200 + index * 16)
        image.put(entry.1, at: 0x208 + index * 16)
    }
    return image
}
