import Glibc

/// Looks for a few names in a whole symbol table, quickly: by first character, then by comparing.
struct SymbolScan {
    private struct Wanted {
        let name: String
        let bytes: [UInt8]
    }
    private var byFirst: [[Wanted]] = Array(repeating: [], count: 256)

    init(_ names: Set<String>) {
        for name in names {
            let bytes = Array(name.utf8)
            guard let first = bytes.first else { continue }
            byFirst[Int(first)].append(Wanted(name: name, bytes: bytes))
        }
    }

    /// `symbols` is an array of Elf64_Sym, `strings` the table of their names; `isOver` is asked now and then.
    func values(
        symbols: UnsafeRawBufferPointer, strings: UnsafeRawBufferPointer, until isOver: () -> Bool = { false }
    ) -> [String: UInt64] {
        var found: [String: (value: UInt64, rank: Int)] = [:]
        for offset in stride(from: 0, to: symbols.count - symbols.count % 24, by: 24) {
            if offset & 0x3fff == 0, isOver() { break }
            let start = Int(symbols.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
            guard start < strings.count else { continue }
            let candidates = byFirst[Int(strings[start])]
            guard !candidates.isEmpty else { continue }
            let symbol = ElfSymbol(
                name: UInt32(start), info: symbols[offset + 4],
                section: symbols.loadUnaligned(fromByteOffset: offset + 6, as: UInt16.self),
                value: symbols.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self))
            guard symbol.isPlace else { continue }
            let text = UnsafeRawBufferPointer(rebasing: strings[start...])
            for wanted in candidates {
                guard let exact = Self.matches(text, wanted.bytes) else { continue }
                // A global symbol beats a local one, the plain name one with a suffix.
                let rank = (exact ? 2 : 0) + (symbol.isLocal ? 0 : 1)
                if rank > found[wanted.name]?.rank ?? -1 {
                    found[wanted.name] = (symbol.value, rank)
                }
            }
        }
        return found.mapValues(\.value)
    }

    /// True for the very name, false for the name as link-time optimization renames statics
    /// (`interp_head.lto_priv.0`, `interp_head.llvm.123`), nil for another one.
    private static func matches(_ text: UnsafeRawBufferPointer, _ name: [UInt8]) -> Bool? {
        guard text.count > name.count, let base = text.baseAddress,
            memcmp(base, name, name.count) == 0
        else { return nil }
        if text[name.count] == 0 { return true }
        guard text[name.count] == UInt8(ascii: ".") else { return nil }
        let rest = text[name.count...].prefix(10)
        return rest.starts(with: ".lto_priv".utf8) || rest.starts(with: ".llvm.".utf8) ? false : nil
    }
}
