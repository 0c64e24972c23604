import Glibc
import TargetMemory

/// Finds the ELF images among a process's mappings.
struct ImageList {
    private(set) var images: [MappedImage] = []
    /// Files that are mapped as a program would be but cannot be used, and why.
    private(set) var rejected: [(path: String, reason: String)] = []

    /// Real processes map some hundred, big ones a thousand.
    private static let mostImages = 4096
    /// Real images have some ten; an image that claims to fill terabytes would be given all there are.
    private static let mostMappings = 256

    private let mappings: [Mapping]
    private let files: TargetFiles
    private let source: any MemorySource
    private let pageSize = UInt64(max(sysconf(Int32(_SC_PAGESIZE)), 4096))

    init(_ mappings: [Mapping], files: TargetFiles, source: any MemorySource) {
        self.mappings = mappings
        self.files = files
        self.source = source
        collect()
    }

    private struct FileKey: Hashable {
        var device: String
        var inode: UInt64

        init(_ mapping: Mapping) {
            device = mapping.device
            inode = mapping.inode
        }
    }

    private mutating func collect() {
        let executable = filesWithCode()
        var covered: [FileKey: [Range<Address>]] = [:]
        var failed: Set<FileKey> = []
        for index in mappings.indices where images.count < Self.mostImages {
            let mapping = mappings[index]
            let key = FileKey(mapping)
            guard mapping.isFile, executable.contains(key), !failed.contains(key),
                // Later ones lie behind earlier ones, so the last range is the one to ask.
                covered[key]?.last?.contains(mapping.start) != true
            else { continue }
            do {
                let image = try image(startingAt: index)
                covered[key, default: []].append(image.range)
                if image.mappings.contains(where: \.executable) { images.append(image) }
            } catch {
                failed.insert(key)
                rejected.append((mapping.path, error.text))
            }
        }
    }

    /// Only files of which something can be run are programs; the rest is data, and not looked at.
    private func filesWithCode() -> Set<FileKey> {
        var found: Set<FileKey> = []
        for (index, mapping) in mappings.enumerated() where mapping.executable {
            if mapping.isFile { found.insert(FileKey(mapping)) }
            guard mapping.mayHoldMovedCode else { continue }
            // A program may move its code to memory of its own, for large pages (BOLT -hugify, Intel's iodlr). It stays at
            // its addresses, so what is left of the file lies before or behind it.
            let before = mappings[..<index].last { !$0.mayHoldMovedCode }
            let behind = mappings[(index + 1)...].first { !$0.mayHoldMovedCode }
            for neighbour in [before, behind] {
                if let neighbour, neighbour.isFile { found.insert(FileKey(neighbour)) }
            }
        }
        return found
    }

    /// The image whose lowest mapping this is.
    private func image(startingAt index: Int) throws(ElfProblem) -> MappedImage {
        let first = mappings[index]
        let header = try header(of: first)
        guard let span = header.span(pageSize: pageSize),
            let bias = header.bias(
                mapped: first.start, from: first.fileOffset, pageSize: pageSize)
        else { throw ElfProblem(text: "an ELF file, but not mapped as its program headers say") }
        let start = span.lowerBound &+ bias
        let (end, overflow) = start.addingReportingOverflow(UInt64(span.count))
        guard !overflow, (start..<end).contains(first.start) else {
            throw ElfProblem(text: "an ELF file, mapped at an impossible place")
        }
        // Code that was moved away from the file may lie before what is left of it.
        let lowest = mappings[..<index].lastIndex { $0.end <= start }.map { $0 + 1 } ?? 0
        var own: [Mapping] = []
        for mapping in mappings[lowest...] {
            guard mapping.start < end, own.count < Self.mostMappings else { break }
            if mapping.isSameFile(as: first) || mapping.mayHoldMovedCode { own.append(mapping) }
        }
        return MappedImage(
            header: header, mappings: own, loadBias: bias, range: start..<end, source: source)
    }

    private func header(of mapping: Mapping) throws(ElfProblem) -> ElfHeader {
        if mapping.fileOffset == 0 {
            let memory = ProcessBytes(source: source, bias: mapping.start)
            let bytes = memory.upTo(Int(min(pageSize, mapping.end - mapping.start)), at: 0)
            if bytes.count >= 64 {
                return try ElfHeader(bytes, rest: { memory.bytes(at: $0, count: $1) })
            }
        }
        // The beginning of the file is not mapped, or not readable.
        guard let file = files.open(mapping) else {
            throw ElfProblem(text: "its ELF header is not in memory, and the file cannot be read")
        }
        return try ElfHeader(file)
    }
}
