import CElfutils
import Glibc

/// Those sections of an ELF file that describe types, in memory of our own.
///
/// libdw would read all debug sections (half of them are line and location tables, of no use here),
/// or map the file, which kills the reader when someone shortens the file meanwhile. So it is given
/// an image of the file in which the other sections are marked as absent.
final class DebugImage {
    let elf: OpaquePointer
    private let memory: UnsafeMutableRawPointer
    private let size: Int
    /// Set aside in the budget.
    private let cost: UInt64
    private let budget: ProbeBudget?

    /// Where nobody has set a budget.
    private static let largestSize = UInt64(ProbeBudget.mostBytes)
    /// libdw makes ten times as much of abbreviations, in one call. CPython has less than a megabyte of them.
    private static let largestAbbreviations: UInt64 = 4 << 20

    private static let useful: Set<String> = [
        ".debug_info", ".debug_types", ".debug_abbrev", ".debug_str", ".debug_line_str",
        ".debug_str_offsets", ".zdebug_info", ".zdebug_types", ".zdebug_abbrev", ".zdebug_str",
        ".zdebug_line_str", ".zdebug_str_offsets",
    ]
    /// Bytes of a section header (Elf64_Shdr); its type is the second word.
    private static let headerSize = 64
    private static let noBits: UInt32 = 8

    init?(_ source: SectionFile) {
        let file = source.file
        guard file.size >= 64, let cost = Self.cost(of: source), let size = Int(exactly: file.size),
            let head = file.bytes(at: 0, count: 64), let table: UInt64 = head.load(40),
            head.load(58, as: UInt16.self) == UInt16(Self.headerSize),
            let count: UInt16 = head.load(60), let names: UInt16 = head.load(62),
            // Nothing is spent on the parts that are not filled.
            let memory = mmap(
                nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                -1, 0), memory != MAP_FAILED
        else { return nil }
        self.memory = memory
        self.size = size
        guard file.budget?.take(cost, for: "debug information of \(file.path)") ?? (cost <= Self.largestSize) else {
            munmap(memory, size)
            return nil
        }
        self.cost = cost
        budget = file.budget
        madvise(memory, size, MADV_HUGEPAGE)

        let tableSize = UInt64(count) * UInt64(Self.headerSize)
        guard Self.copy(file, 0, 64, to: memory, size),
            Self.copy(file, table, tableSize, to: memory, size)
        else {
            munmap(memory, size)
            budget?.giveBack(cost)
            return nil
        }
        for section in source.sections where section.index < count {
            let isUseful = Self.useful.contains(section.name) || section.index == names
            if isUseful, section.hasBytes,
                Self.copy(file, section.offset, section.size, to: memory, size)
            {
                continue
            }
            memory.storeBytes(
                of: Self.noBits, toByteOffset: Int(table) + section.index * Self.headerSize + 4,
                as: UInt32.self)
        }
        guard let elf = elf_memory(memory.assumingMemoryBound(to: CChar.self), size) else {
            munmap(memory, size)
            budget?.giveBack(cost)
            return nil
        }
        self.elf = elf
    }

    deinit {
        elf_end(elf)
        munmap(memory, size)
        budget?.giveBack(cost)
    }

    /// Reads a part of the file to the same place in the image.
    private static func copy(
        _ file: OpenFile, _ offset: UInt64, _ count: UInt64, to memory: UnsafeMutableRawPointer,
        _ size: Int
    ) -> Bool {
        guard offset <= UInt64(size), count <= UInt64(size) - offset else { return false }
        var done = 0
        while done < Int(count) {
            let at = Int(offset) + done
            // In pieces, so that signals and the end of the time are noticed.
            let piece = min(Int(count) - done, 4 << 20)
            let copied = file.budget?.isSpent == true ? 0 : pread(file.descriptor, memory + at, piece, off_t(at))
            guard copied > 0 else { return false }
            done += copied
        }
        return true
    }

    /// Bytes of the sections, as they are and unpacked (which libelf does in one call that cannot be left); nil
    /// for sizes that make no sense.
    private static func cost(of source: SectionFile) -> UInt64? {
        var total: UInt64 = 0
        for section in source.sections where useful.contains(section.name) && section.hasBytes {
            var size: UInt64 = 0
            if section.isCompressed {
                // Elf64_Chdr: the unpacked size is its second word.
                guard let unpacked: UInt64 = source.file.load(section.offset &+ 8) else {
                    return nil
                }
                size = unpacked
            } else if section.name.utf8.starts(with: ".zdebug".utf8) {
                // "ZLIB", and the unpacked size in the order of the network.
                guard let unpacked: UInt64 = source.file.load(section.offset &+ 4) else {
                    return nil
                }
                size = unpacked.byteSwapped
            }
            let isTooLong = section.name.utf8.elementsEqual(".debug_abbrev".utf8) || section.name.utf8.elementsEqual(".zdebug_abbrev".utf8)
                ? max(size, section.size) > largestAbbreviations : false
            let (own, isHuge) = size.addingReportingOverflow(section.size)
            let (sum, overflow) = total.addingReportingOverflow(own)
            guard !isTooLong, !isHuge, !overflow else { return nil }
            total = sum
        }
        return total
    }
}
