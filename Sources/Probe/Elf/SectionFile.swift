import CElfutils
import Glibc

/// An ELF file through libelf: its sections, and symbols that only the static table has.
///
/// Read with `pread`, not mapped: a file that shrinks under a mapping would kill the reader.
final class SectionFile {
    struct Section {
        var index: Int
        var name: String
        var type: UInt32
        var flags: UInt64
        var address: UInt64
        /// In the file.
        var offset: UInt64
        /// Bytes.
        var size: UInt64
        var link: UInt32

        var isCompressed: Bool { flags & 0x800 != 0 }
        /// Whether the file has its bytes (not SHT_NOBITS, as in files without their debug part).
        var hasBytes: Bool { type != 8 && size > 0 }
    }

    let file: OpenFile
    let sections: [Section]
    let elf: OpaquePointer

    /// libelf sets aside memory for every section and reads tables whole, so both are bounded
    /// before it is asked.
    private static let mostSections = 8192
    private static let longestName = 256
    private static let largestFile: UInt64 = 8 << 30

    init?(_ file: OpenFile) {
        guard file.size <= Self.largestFile, let header = try? ElfHeader(file),
            (1...Self.mostSections).contains(header.sectionCount),
            elf_version(UInt32(EV_CURRENT)) != UInt32(EV_NONE),
            let elf = elf_begin(file.descriptor, ELF_C_READ, nil)
        else { return nil }
        guard elf_kind(elf) == ELF_K_ELF else {
            elf_end(elf)
            return nil
        }
        self.file = file
        self.elf = elf
        sections = Self.list(elf)
    }

    /// Bytes of tables that libelf keeps for us.
    private var bytesKept: UInt64 = 0

    deinit {
        elf_end(elf)
        file.budget?.giveBack(bytesKept)
    }

    private static func list(_ elf: OpaquePointer) -> [Section] {
        var names = 0
        guard elf_getshdrstrndx(elf, &names) == 0, let namesHeader = header(elf, names),
            namesHeader.sh_size <= 1 << 20
        else { return [] }
        var sections: [Section] = []
        var next = elf_nextscn(elf, nil)
        while let section = next, sections.count < mostSections {
            var header = GElf_Shdr()
            if gelf_getshdr(section, &header) != nil,
                let name = elf_strptr(elf, names, Int(header.sh_name))
            {
                sections.append(
                    Section(
                        index: elf_ndxscn(section), name: Self.name(name),
                        type: header.sh_type, flags: header.sh_flags, address: header.sh_addr,
                        offset: header.sh_offset, size: header.sh_size, link: header.sh_link))
            }
            next = elf_nextscn(elf, section)
        }
        return sections
    }

    /// A section's name, of which the file could make a megabyte, and that 8192 times.
    private static func name(_ text: UnsafePointer<CChar>) -> String {
        String(
            decoding: UnsafeRawBufferPointer(start: text, count: strnlen(text, longestName)),
            as: UTF8.self)
    }

    private static func header(_ elf: OpaquePointer, _ index: Int) -> GElf_Shdr? {
        guard let section = elf_getscn(elf, index) else { return nil }
        var header = GElf_Shdr()
        return gelf_getshdr(section, &header) == nil ? nil : header
    }

    func section(_ name: String) -> Section? { sections.first { $0.name == name } }

    /// The bytes of a section, at most `limit` of them.
    func contents(_ section: Section, limit: UInt64) -> UnsafeRawBufferPointer? {
        guard section.hasBytes, !section.isCompressed, section.size <= limit, isAffordable(section),
            let handle = elf_getscn(elf, section.index), let data = elf_rawdata(handle, nil),
            let bytes = data.pointee.d_buf
        else { return nil }
        return UnsafeRawBufferPointer(start: bytes, count: data.pointee.d_size)
    }

    /// Small sections are free: there are no more of them than a file may have.
    private func isAffordable(_ section: Section) -> Bool {
        guard let budget = file.budget, section.size > 1 << 16 else { return true }
        guard budget.take(section.size, for: "\(section.name) of \(file.path)") else { return false }
        bytesKept += section.size
        return true
    }

    var buildID: [UInt8] {
        for section in sections where section.type == 7 {
            guard let notes = contents(section, limit: 1 << 16) else { continue }
            let found = BuildID.parse(Array(notes))
            if !found.isEmpty { return found }
        }
        return []
    }

    /// The values of those of `names` that `.symtab` defines, in one pass.
    func staticSymbols(_ names: Set<String>) -> [String: UInt64] {
        guard let table = sections.first(where: { $0.type == 2 }),
            let symbols = contents(table, limit: ProbeBudget.largestTable),
            let strings = sections.first(where: { $0.index == Int(table.link) }),
            let text = contents(strings, limit: ProbeBudget.largestTable)
        else { return [:] }
        return SymbolScan(names).values(symbols: symbols, strings: text) { [file] in file.budget?.isSpent == true }
    }
}
