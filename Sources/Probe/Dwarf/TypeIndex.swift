import CElfutils
import Glibc

/// The structs and typedefs of a DWARF file by name, read unit by unit as far as is needed: first
/// the units of those of CPython's files that use nearly every type of interest.
final class TypeIndex {
    private let budget: DwarfBudget
    private var pending: [Die] = []
    /// By a hash of kind and name (the files have far more names than anyone asks for).
    private var types: [UInt64: Die] = [:]
    /// Units that were imported, by where they begin; each is read once.
    private var imported: Set<UnsafeMutableRawPointer> = []

    private static let preferred = [
        "ceval.c", "pystate.c", "frameobject.c", "codeobject.c", "unicodeobject.c",
    ]
    private static let mostUnits = 1 << 17
    /// A name can be as long as the file, and that of every type; no type of an interpreter has such a one.
    private static let longestName = 256
    private static let longestPath = 4096
    private static let mostTypes = 1 << 19

    enum Kind: UInt64 { case aggregate = 1, typedef = 2 }

    init(_ file: DwarfFile, budget: DwarfBudget) {
        self.budget = budget
        listUnits(file)
    }

    /// A complete struct or union with this tag, or a typedef of this name.
    func find(_ kind: Kind, _ name: String) -> Die? {
        while true {
            if let die = types[Self.key(kind, name.utf8)], let found = die.name,
                strcmp(found, name) == 0
            {
                return die
            }
            guard let unit = pending.popLast() else { return nil }
            read(unit, depth: 0)
        }
    }

    private func listUnits(_ file: DwarfFile) {
        var ranked: [[Die]] = Array(repeating: [], count: Self.preferred.count + 1)
        var unit: OpaquePointer?
        for _ in 0..<Self.mostUnits {
            var next: OpaquePointer?
            var die = Dwarf_Die()
            guard dwarf_get_units(file.handle, unit, &next, nil, nil, &die, nil) == 0, budget.spend()
            else { break }
            unit = next
            guard die.addr != nil else { continue }
            let name = Die(die).name
            let rank = Self.preferred.firstIndex { Self.ends(name, with: $0) }
            ranked[rank ?? Self.preferred.count].append(Die(die))
        }
        pending = ranked.joined().reversed()
    }

    /// Whether the path ends in this file name.
    private static func ends(_ path: UnsafePointer<CChar>?, with name: String) -> Bool {
        guard let path else { return false }
        let length = strnlen(path, longestPath)
        let count = name.utf8.count
        guard length < longestPath, length >= count, strcmp(path + (length - count), name) == 0 else { return false }
        return length == count || path[length - count - 1] == CChar(UInt8(ascii: "/"))
    }

    private func read(_ unit: Die, depth: Int) {
        unit.eachChild(budget) { die in
            switch die.tag {
            case Int(DW_TAG_structure_type), Int(DW_TAG_union_type), Int(DW_TAG_class_type):
                guard !die.has(Int(DW_AT_declaration)) else { break }
                remember(.aggregate, die)
            case Int(DW_TAG_typedef):
                remember(.typedef, die)
            case Int(DW_TAG_imported_unit):
                if depth < 8, let other = die.reference(Int(DW_AT_import)),
                    let start = other.raw.addr, imported.insert(start).inserted
                {
                    read(other, depth: depth + 1)
                }
            default: break
            }
            return true
        }
    }

    private func remember(_ kind: Kind, _ die: Die) {
        guard let name = die.name else { return }
        let length = strnlen(name, Self.longestName)
        guard length < Self.longestName, types.count < Self.mostTypes else { return }
        let key = Self.key(kind, UnsafeRawBufferPointer(start: name, count: length))
        if types[key] == nil { types[key] = die }
    }

    /// The name as text; nil for one that is too long.
    static func text(_ name: UnsafePointer<CChar>) -> String? {
        strnlen(name, longestName) < longestName ? String(cString: name) : nil
    }

    /// FNV-1a.
    private static func key(_ kind: Kind, _ name: some Sequence<UInt8>) -> UInt64 {
        name.reduce(0xcbf2_9ce4_8422_2325 ^ kind.rawValue) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
