/// The entries of PT_DYNAMIC that finding a symbol needs (System V ABI, chapter 5).
struct DynamicSegment: Equatable {
    var gnuHash: UInt64?
    var systemVHash: UInt64?
    var symbols: UInt64 = 0
    var strings: UInt64 = 0
    /// Bytes.
    var stringsSize: UInt64 = 0
    var hasName = false
    /// DF_1_PIE: a program, not a library.
    var isProgram = false

    /// `span` is where the file is loaded before relocation, `bias` what was added.
    init?(_ header: ElfHeader, reader: some ByteReader, span: Range<UInt64>, bias: UInt64) {
        // A dynamic section has some thirty entries of 16 bytes.
        guard let segment = header.segments.first(where: { $0.type == ElfHeader.dynamic }),
            segment.memorySize >= 16,
            let bytes = reader.bytes(
                at: segment.address, count: Int(min(segment.memorySize, 1 << 14)))
        else { return nil }

        // In memory the dynamic loader (glibc) replaces some addresses by relocated ones.
        func address(_ value: UInt64) -> UInt64? {
            if span.contains(value) { return value }
            return span.contains(value &- bias) ? value &- bias : nil
        }
        for offset in stride(from: 0, through: bytes.count - 16, by: 16) {
            guard let tag: UInt64 = bytes.load(offset), let value: UInt64 = bytes.load(offset + 8),
                tag != 0
            else { break }
            switch tag {
            case 4: systemVHash = address(value)
            case 5: strings = address(value) ?? 0
            case 6: symbols = address(value) ?? 0
            case 10: stringsSize = value
            case 14: hasName = true
            case 0x6fff_fef5: gnuHash = address(value)
            case 0x6fff_fffb: isProgram = value & 0x0800_0000 != 0
            default: break
            }
        }
    }
}
