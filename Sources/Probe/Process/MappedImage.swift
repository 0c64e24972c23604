import Glibc
import TargetMemory

/// A mapped ELF file, as the process has it. Two copies of one file in a process are two images.
public final class MappedImage {
    /// As the process sees it.
    public let path: String
    public let isDeleted: Bool
    /// The mappings between the image's first and last address, anonymous ones (`.bss`) included.
    public let mappings: [Mapping]
    /// What was added to the addresses in the file.
    public let loadBias: UInt64
    /// Where the process has it.
    public let range: Range<Address>

    let header: ElfHeader
    let source: any MemorySource

    init(
        header: ElfHeader, mappings: [Mapping], loadBias: UInt64, range: Range<Address>,
        source: any MemorySource
    ) {
        let first = mappings.first(where: \.isFile)
        path = first?.path ?? ""
        isDeleted = first?.isDeleted ?? false
        self.header = header
        self.mappings = mappings
        self.loadBias = loadBias
        self.range = range
        self.source = source
    }

    /// First and last address before relocation.
    var span: Range<UInt64> {
        let start = range.lowerBound &- loadBias
        return start..<start &+ UInt64(range.count)
    }

    /// The image's bytes in the process, by their addresses in the file.
    var memory: ProcessBytes { ProcessBytes(source: source, bias: loadBias) }

    private lazy var tables = PageBytes(memory)
    private(set) lazy var dynamic = DynamicSegment(
        header, reader: tables, span: span, bias: loadBias)
    private(set) lazy var lookup = dynamic.flatMap { SymbolLookup($0, reader: tables) }
    /// Empty when the image has none.
    private(set) lazy var buildID = BuildID.find(header, reader: tables)

    /// A program rather than a library: one whose symbols are seldom exported. (The C library is
    /// executable as well, but has a name to be linked by.)
    var isProgram: Bool {
        header.isFixed || dynamic?.isProgram == true || dynamic == nil
            || (dynamic?.hasName == false
                && header.segments.contains { $0.type == ElfHeader.interpreter })
    }
}
