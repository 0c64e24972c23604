import FrameDecoding
import Foundation
import TargetMemory

@testable import Probe

private let names: Set<String> = ["_PyRuntime", "PyInterpreterState_Head", "interp_head", "Py_Version"]

private func withOpenFile(_ bytes: [UInt8], _ body: (OpenFile) -> Void) {
    withFile(bytes) { path in OpenFile(path).map(body) }
}

/// Header, program headers, notes, dynamic segment, symbols and sections of a file.
func fuzzElf(_ bytes: [UInt8]) {
    withOpenFile(bytes) { file in
        if let header = try? ElfHeader(file) {
            let reader = FileAddresses(file: file, header: header)
            _ = BuildID.find(header, reader: reader)
            lookUp(header, reader, bias: 0)
            _ = header.bias(mapped: 0x7000_0000, from: 0, pageSize: 4096)
        }
        guard let sections = SectionFile(file) else { return }
        _ = sections.buildID
        _ = sections.staticSymbols(names)
        let search = DebugFiles(path: "/nowhere/python", buildID: [1, 2, 3, 4], roots: ["/nonexistent"])
        _ = search.find(beside: sections)
        _ = search.findAlternate(of: sections)
    }
}

/// Type descriptions.
func fuzzDwarf(_ bytes: [UInt8]) {
    withOpenFile(bytes) { file in
        let search = DebugFiles(path: "/nowhere/python", buildID: [], roots: ["/nonexistent"])
        guard let sections = SectionFile(file), let structs = DwarfStructs(sections, search: search) else { return }
        for type in ["_ts", "PyCodeObject", "_PyInterpreterFrame", "nothing"] {
            _ = structs.size(of: type)
            for member in ["next", "interp", "state.kind", "a.b.c", "nothing"] {
                _ = structs.offset(of: member, in: type)
                _ = structs.bits(of: member, in: type)
            }
        }
    }
}

private func lookUp(_ header: ElfHeader, _ reader: some ByteReader, bias: UInt64) {
    guard let span = header.span(pageSize: 4096),
        let dynamic = DynamicSegment(header, reader: reader, span: span, bias: bias),
        let lookup = SymbolLookup(dynamic, reader: reader)
    else { return }
    for name in names { _ = lookup.value(of: name) }
}

/// The bytes of an ELF file as a process has it, at an address that the first two bytes choose.
func fuzzImage(_ bytes: [UInt8]) {
    guard bytes.count > 66 else { return }
    let start: Address = bytes[0] & 1 == 0 ? 0x40_0000 : 0x7fff_ffff_0000 + Address(bytes[1]) * 256
    let source = BytesAt(start, Array(bytes[2...]))
    let memory = ProcessBytes(source: source, bias: start)
    guard let header = try? ElfHeader(Array(bytes[2...].prefix(4096)), rest: { memory.bytes(at: $0, count: $1) }),
        let span = header.span(pageSize: 4096), let bias = header.bias(mapped: start, from: 0, pageSize: 4096)
    else { return }
    var mapping = Mapping(start: start, end: start &+ 0x10000)
    (mapping.readable, mapping.writable, mapping.inode, mapping.path) = (true, true, 7, "/x/python3.9")
    let lower = span.lowerBound &+ bias
    let (upper, overflow) = lower.addingReportingOverflow(UInt64(span.count))
    guard !overflow, lower < upper else { return }
    let image = MappedImage(
        header: header, mappings: [mapping], loadBias: bias, range: lower..<upper, source: source)
    _ = image.isProgram
    _ = image.buildID
    for name in names { _ = image.lookup?.value(of: name) }
    _ = image.findRuntimeCookie()
    let elf = ElfImage(image, of: .process(-1), wanted: names)
    _ = VersionFinder(image: elf, mapped: image).find()
    if let function = elf.publicValue(of: "PyInterpreterState_Head") {
        _ = HeadOperand.address(image.memory.upTo(32, at: function), at: function, machine: 62)
    }
}

func fuzzMaps(_ bytes: [UInt8]) {
    let mappings = MapsFile.parse(bytes)
    _ = ImageList(mappings, files: TargetFiles(target: .process(-1)), source: BytesAt(0x40_0000, bytes))
}

/// Memory that has these bytes in one place.
final class BytesAt: MemorySource {
    private let start: Address
    private let bytes: [UInt8]
    let systemCalls = 0

    init(_ start: Address, _ bytes: [UInt8]) {
        self.start = start
        self.bytes = bytes
    }

    func read(_ ranges: UnsafeBufferPointer<AddressRange>, into buffer: UnsafeMutableRawPointer) -> Int {
        var copied = 0
        for range in ranges {
            guard range.start >= start, range.start - start < Address(bytes.count) else { break }
            let offset = Int(range.start - start)
            let count = min(range.count, bytes.count - offset)
            bytes.withUnsafeBytes { (buffer + copied).copyMemory(from: $0.baseAddress! + offset, byteCount: count) }
            copied += count
            if count < range.count { break }
        }
        return copied > 0 ? copied : -Int(EFAULT)
    }
}
