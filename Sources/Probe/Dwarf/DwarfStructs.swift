import CElfutils
import FrameDecoding
import Glibc

/// Struct layouts from DWARF, read through libdw. Any build's, so also of those that were patched,
/// configured for debugging, or made after this was written.
final class DwarfStructs: StructLayouts {
    private let file: DwarfFile
    private let budget: ProbeBudget?
    private let index: TypeIndex
    private var known: [String: Die?] = [:]

    /// Enough for the largest programs; a scan of CPython's own takes some hundred thousand.
    private static let scanSteps = 50_000_000
    /// For one question; CPython's largest struct has a few hundred members.
    private static let questionSteps = 100_000

    /// `search` finds the file that dwz made, if this one refers to one.
    init?(_ file: SectionFile, search: DebugFiles) {
        guard let dwarf = DwarfFile(file, search: search) else { return nil }
        self.file = dwarf
        budget = file.file.budget
        index = TypeIndex(dwarf, budget: DwarfBudget(Self.scanSteps, within: budget))
    }

    func size(of type: String) -> Int? { find(type)?.size }

    func offset(of member: String, in type: String) -> Int? {
        place(of: member, in: type).map { $0.bit / 8 }
    }

    func bits(of member: String, in type: String) -> (offset: Int, width: Int)? {
        guard let place = place(of: member, in: type), let width = place.width else { return nil }
        return (place.bit, width)
    }

    private struct Place {
        /// From the beginning of the struct.
        var bit: Int
        /// In bits; nil when the member's type has no size.
        var width: Int?
        var type: Die?
    }

    /// A struct or union by its tag, or whatever a typedef stands for; complete ones only.
    private func find(_ type: String) -> Die? {
        if let answer = known[type] { return answer }
        var answer = index.find(.typedef, type).flatMap { complete($0) }
        if answer == nil { answer = index.find(.aggregate, type) }
        known[type] = .some(answer)
        return answer
    }

    /// The definition behind typedefs, qualifiers and declarations.
    private func complete(_ die: Die) -> Die? {
        guard let type = die.peeled() else { return nil }
        if let unit = type.reference(Int(DW_AT_signature)) { return unit }
        guard type.has(Int(DW_AT_declaration)) else { return type }
        return type.name.flatMap { TypeIndex.text($0) }.flatMap { index.find(.aggregate, $0) }
    }

    private func place(of path: String, in type: String) -> Place? {
        guard path.utf8.count <= 256, budget?.isSpent != true, var die = find(type) else { return nil }
        let budget = DwarfBudget(Self.questionSteps, within: budget)
        var place = Place(bit: 0, width: nil, type: nil)
        for name in path.split(separator: ".", maxSplits: 16) {
            if let previous = place.type {
                guard let next = complete(previous) else { return nil }
                die = next
            }
            guard let found = member(String(name), of: die, budget, depth: 0) else { return nil }
            let (bit, overflow) = place.bit.addingReportingOverflow(found.bit)
            // No struct of an interpreter is as large as 16 MB.
            guard !overflow, (0..<1 << 27).contains(bit) else { return nil }
            place = Place(bit: bit, width: found.width, type: found.type)
        }
        return place.type == nil ? nil : place
    }

    /// A member of the struct itself, or of the anonymous structs and unions in it.
    private func member(_ name: String, of die: Die, _ budget: DwarfBudget, depth: Int) -> Place? {
        guard depth < 8, die.isAggregate else { return nil }
        var result: Place?
        die.eachChild(budget) { child in
            guard child.tag == Int(DW_TAG_member) else { return true }
            if let found = child.name {
                guard strcmp(found, name) == 0 else { return true }
                result = place(ofMember: child)
                return false
            }
            guard let outer = place(ofMember: child), let type = outer.type.flatMap({ complete($0) }),
                let inner = member(name, of: type, budget, depth: depth + 1)
            else { return true }
            let (bit, overflow) = outer.bit.addingReportingOverflow(inner.bit)
            result = overflow ? nil : Place(bit: bit, width: inner.width, type: inner.type)
            return false
        }
        return result
    }

    private func place(ofMember member: Die) -> Place? {
        guard let type = member.reference(Int(DW_AT_type)),
            let start = byteOffset(of: member), (0..<1 << 24).contains(start)
        else { return nil }
        let bytes = type.size.flatMap { (0..<1 << 24).contains($0) ? $0 : nil }
        guard let width = member.number(Int(DW_AT_bit_size)) else {
            return Place(bit: start * 8, width: bytes.map { $0 * 8 }, type: type)
        }
        guard (1...64).contains(width) else { return nil }
        if let first = member.number(Int(DW_AT_data_bit_offset)) {
            return (0..<1 << 27).contains(first) ? Place(bit: first, width: width, type: type) : nil
        }
        // Before DWARF 4: counted from the most significant bit of the storage unit.
        guard let fromTop = member.number(Int(DW_AT_bit_offset)),
            let unit = member.number(Int(DW_AT_byte_size)) ?? bytes,
            (1...8).contains(unit), (0...64).contains(fromTop), fromTop + width <= unit * 8
        else { return Place(bit: start * 8, width: width, type: type) }
        return Place(bit: (start + unit) * 8 - fromTop - width, width: width, type: type)
    }

    /// 0 where DWARF says nothing: in unions, and beside DW_AT_data_bit_offset.
    private func byteOffset(of member: Die) -> Int? {
        guard var attribute = member.attribute(Int(DW_AT_data_member_location)) else { return 0 }
        if let number = member.number(Int(DW_AT_data_member_location)) { return number }
        // DWARF 2 has an expression: add this to the struct's address.
        var operations: UnsafeMutablePointer<Dwarf_Op>?
        var count = 0
        guard dwarf_getlocation(&attribute, &operations, &count) == 0, count == 1,
            let operation = operations?.pointee, Int(operation.atom) == Int(DW_OP_plus_uconst)
        else { return nil }
        return Int(exactly: operation.number)
    }
}
