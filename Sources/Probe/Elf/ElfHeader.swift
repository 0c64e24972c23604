/// What makes a file useless as an ELF file; the text is for people.
struct ElfProblem: Error, Equatable { let text: String }

/// The header and the program headers of a 64-bit little-endian ELF file
/// (System V ABI, chapters 4 and 5).
struct ElfHeader: Equatable {
    struct Segment: Equatable {
        var type: UInt32
        var flags: UInt32
        var offset: UInt64
        var address: UInt64
        var fileSize: UInt64
        var memorySize: UInt64
    }

    static let load: UInt32 = 1, dynamic: UInt32 = 2, interpreter: UInt32 = 3, note: UInt32 = 4
    static let x86_64: UInt16 = 62

    /// ET_EXEC is 2, ET_DYN 3.
    var type: UInt16
    var machine: UInt16
    /// 0 when there are no section headers, or so many that they are not counted in the header.
    var sectionCount: Int
    var segments: [Segment]

    var isFixed: Bool { type == 2 }
    var loads: [Segment] { segments.filter { $0.type == Self.load } }

    /// From the beginning of the file: `bytes` should be its first page, `reader` gives the rest.
    init(_ bytes: [UInt8], rest reader: (_ offset: UInt64, _ count: Int) -> [UInt8]?)
        throws(ElfProblem)
    {
        guard bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46]), bytes.count >= 64 else {
            throw ElfProblem(text: "not an ELF file")
        }
        guard bytes[4] == 2 else { throw ElfProblem(text: "not a 64-bit ELF file") }
        guard bytes[5] == 1 else { throw ElfProblem(text: "not a little-endian ELF file") }
        guard let type: UInt16 = bytes.load(16), let machine: UInt16 = bytes.load(18),
            let tableOffset: UInt64 = bytes.load(32), let entrySize: UInt16 = bytes.load(54),
            let entryCount: UInt16 = bytes.load(56), let sections: UInt16 = bytes.load(60)
        else { throw ElfProblem(text: "an ELF file without a header") }
        // Real files have a dozen; the format would allow more than is worth following.
        guard entrySize >= 56, entrySize <= 256, entryCount > 0, entryCount <= 512 else {
            throw ElfProblem(text: "an ELF file with impossible program headers")
        }
        let size = Int(entrySize) * Int(entryCount)
        let table: [UInt8]
        if tableOffset <= UInt64(bytes.count), Int(tableOffset) + size <= bytes.count {
            table = Array(bytes[Int(tableOffset)..<Int(tableOffset) + size])
        } else if let found = reader(tableOffset, size) {
            table = found
        } else {
            throw ElfProblem(text: "an ELF file whose program headers cannot be read")
        }
        self.type = type
        self.machine = machine
        sectionCount = Int(sections)
        segments = []
        for index in 0..<Int(entryCount) {
            let at = index * Int(entrySize)
            guard let type: UInt32 = table.load(at), let flags: UInt32 = table.load(at + 4),
                let offset: UInt64 = table.load(at + 8), let address: UInt64 = table.load(at + 16),
                let fileSize: UInt64 = table.load(at + 32),
                let memorySize: UInt64 = table.load(at + 40)
            else { break }
            segments.append(
                Segment(
                    type: type, flags: flags, offset: offset, address: address,
                    fileSize: fileSize, memorySize: memorySize))
        }
    }

    /// From an opened file.
    init(_ file: OpenFile) throws(ElfProblem) {
        try self.init(file.upTo(4096, at: 0), rest: { file.bytes(at: $0, count: $1) })
    }

    /// First address and one past the last one of what is loaded, before relocation; nil when they
    /// make no sense.
    func span(pageSize: UInt64) -> Range<UInt64>? {
        var low = UInt64.max
        var high: UInt64 = 0
        for segment in loads {
            let (end, overflow) = segment.address.addingReportingOverflow(segment.memorySize)
            guard !overflow, end < 1 << 47 else { return nil }
            low = min(low, segment.address & ~(pageSize - 1))
            high = max(high, (end + pageSize - 1) & ~(pageSize - 1))
        }
        // No program fills more than this with one file (4 TB).
        return low < high && high - low < 1 << 42 ? low..<high : nil
    }

    /// What was added to the file's addresses, if the part of the file at `fileOffset` is mapped
    /// at `start`; wraps around where a file asked for a higher place than it got.
    func bias(mapped start: UInt64, from fileOffset: UInt64, pageSize: UInt64) -> UInt64? {
        for segment in loads where segment.offset & ~(pageSize - 1) == fileOffset {
            return start &- (segment.address & ~(pageSize - 1))
        }
        return nil
    }
}
