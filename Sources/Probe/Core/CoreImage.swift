import CElfutils
import Glibc
import Machine
import TargetMemory

/// Why a file is no core dump that can be read; a sentence that follows the file's name.
public struct CoreError: Error, Equatable, Sendable {
    public let explanation: String
    init(_ explanation: String) { self.explanation = explanation }
}

/// What the headers and notes of an ELF core file say (elf(5), core(5); the notes are laid out as in the kernel's
/// fs/binfmt_elf.c and include/linux/elfcore.h).
struct CoreImage {
    /// A stretch of memory, and how much of it is in the core.
    struct Segment {
        var start: Address
        /// Bytes of memory, and of them in the core.
        var count: UInt64
        var dumped: UInt64
        /// Where in the core.
        var offset: UInt64
        var flags: UInt32
    }
    /// A stretch of a file that was mapped.
    struct FilePart {
        var start: Address
        var end: Address
        var fileOffset: UInt64
        var path: String
    }

    private(set) var segments: [Segment] = []
    private(set) var files: [FilePart] = []
    /// The kernel's id and the thread pointer of each thread.
    private(set) var threads: [(tid: Int32, pointer: UInt64)] = []
    private(set) var pid: Int32 = 0
    private(set) var command = ""

    /// The kernel allows 65530 mappings unless told otherwise.
    private static let mostSegments = 1 << 18
    private static let largestNotes = 256 << 20

    init(_ file: OpenFile) throws(CoreError) {
        guard elf_version(UInt32(EV_CURRENT)) != UInt32(EV_NONE),
            let elf = elf_begin(file.descriptor, ELF_C_READ, nil)
        else { throw CoreError("libelf cannot read it") }
        defer { elf_end(elf) }
        var header = GElf_Ehdr()
        guard elf_kind(elf) == ELF_K_ELF, gelf_getehdr(elf, &header) != nil else {
            throw CoreError("it is not an ELF file")
        }
        guard gelf_getclass(elf) == Int32(ELFCLASS64) else {
            throw CoreError("it is the core of a 32-bit program; only 64-bit ones can be read")
        }
        guard header.e_type == UInt16(ET_CORE) else { throw CoreError("it is an ELF file, but not a core dump") }
        guard header.e_machine == RunningMachine.elfMachine, header.e_ident.5 == UInt8(ELFDATA2LSB) else {
            throw CoreError("it is the core of another kind of machine (ELF machine \(header.e_machine))")
        }
        var count = 0
        guard elf_getphdrnum(elf, &count) == 0, count > 0, count <= Self.mostSegments else {
            throw CoreError("it is cut off or damaged: it has no program headers")
        }
        var notes: (offset: UInt64, size: UInt64)?
        var end: UInt64 = 0
        for index in 0..<count {
            var segment = GElf_Phdr()
            guard gelf_getphdr(elf, Int32(index), &segment) != nil else {
                throw CoreError("it is cut off or damaged: its program headers cannot be read")
            }
            let (stop, overflow) = segment.p_offset.addingReportingOverflow(segment.p_filesz)
            guard !overflow else { throw CoreError("it is damaged: a segment lies at an impossible place") }
            end = max(end, stop)
            switch segment.p_type {
            case UInt32(PT_NOTE) where notes == nil: notes = (segment.p_offset, segment.p_filesz)
            case UInt32(PT_LOAD):
                guard segment.p_memsz <= .max - segment.p_vaddr, segment.p_filesz <= segment.p_memsz else {
                    throw CoreError("it is damaged: a segment has an impossible size")
                }
                segments.append(
                    Segment(
                        start: segment.p_vaddr, count: segment.p_memsz, dumped: segment.p_filesz,
                        offset: segment.p_offset, flags: segment.p_flags))
            default: break
            }
        }
        guard end <= file.size else {
            throw CoreError(
                "it is cut off: it should have \(end) bytes and has \(file.size). Was there a limit (ulimit -c), "
                    + "or no space?")
        }
        segments.sort { $0.start < $1.start }
        guard let notes, notes.size <= UInt64(Self.largestNotes) else {
            throw CoreError("it has no notes, so it does not say which files were mapped")
        }
        try read(notes: file, at: notes.offset, count: Int(notes.size))
        guard !files.isEmpty else {
            throw CoreError("it does not say which files were mapped (no note NT_FILE)")
        }
    }

    private mutating func read(notes file: OpenFile, at offset: UInt64, count: Int) throws(CoreError) {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let piece = file.upTo(min(count - bytes.count, 1 << 20), at: offset + UInt64(bytes.count))
            guard !piece.isEmpty else { throw CoreError("it is cut off: its notes end early") }
            bytes += piece
        }
        var at = 0
        while let nameSize: UInt32 = bytes.load(at), let size: UInt32 = bytes.load(at + 4),
            let type: UInt32 = bytes.load(at + 8)
        {
            let content = at + 12 + (Int(nameSize) + 3) & ~3
            let end = content + Int(size)
            guard end <= bytes.count else { break }
            take(type, Array(bytes[content..<end]))
            at = (end + 3) & ~3
        }
    }

    private mutating func take(_ type: UInt32, _ note: [UInt8]) {
        switch type {
        case UInt32(NT_PRSTATUS):
            // elf_prstatus: pr_pid at 32.
            guard let tid: Int32 = note.load(32) else { return }
            let pointer = note.withUnsafeBytes { RunningMachine.threadPointer(inStatusNote: $0) }
            threads.append((tid, pointer ?? 0))
        case UInt32(NT_PRPSINFO):
            // elf_prpsinfo: pr_pid at 24, pr_fname at 40.
            pid = note.load(24) ?? 0
            command = String(decoding: note.dropFirst(40).prefix(16).prefix { $0 != 0 }, as: UTF8.self)
        case UInt32(NT_FILE): takeFiles(note)
        default: break
        }
    }

    /// Number of entries, size of a page, then start, end and offset in pages of each, then their names.
    private mutating func takeFiles(_ note: [UInt8]) {
        guard let count: UInt64 = note.load(0), let page: UInt64 = note.load(8),
            count <= UInt64(note.count / 24)
        else { return }
        var name = 16 + Int(count) * 24
        for index in 0..<Int(count) {
            guard name <= note.count, let start: UInt64 = note.load(16 + index * 24),
                let end: UInt64 = note.load(24 + index * 24),
                let pages: UInt64 = note.load(32 + index * 24), start < end
            else { break }
            let (offset, isHuge) = pages.multipliedReportingOverflow(by: page)
            guard !isHuge, offset <= .max - (end - start) else { break }
            let bytes = note[name...].prefix { $0 != 0 }
            name += bytes.count + 1
            files.append(
                FilePart(
                    start: start, end: end, fileOffset: offset,
                    path: String(decoding: bytes, as: UTF8.self)))
        }
        files.sort { $0.start < $1.start }
    }
}
