import CElfutils

/// How many entries may be looked at, so that a file that leads in circles comes to an end.
final class DwarfBudget {
    private var left: Int
    private let probe: ProbeBudget?
    init(_ steps: Int, within probe: ProbeBudget? = nil) {
        left = steps
        self.probe = probe
    }
    func spend() -> Bool {
        left -= 1
        return left >= 0 && (left & 63 != 0 || probe?.isSpent != true)
    }
}

/// Swift's view of a debugging information entry.
struct Die {
    var raw: Dwarf_Die

    init(_ raw: Dwarf_Die) { self.raw = raw }

    var tag: Int {
        var die = raw
        return Int(dwarf_tag(&die))
    }

    /// Valid as long as the DWARF file is open.
    var name: UnsafePointer<CChar>? {
        var die = raw
        return dwarf_diename(&die)
    }

    func has(_ attribute: Int) -> Bool {
        var die = raw
        return dwarf_hasattr(&die, UInt32(attribute)) != 0
    }

    func attribute(_ name: Int) -> Dwarf_Attribute? {
        var die = raw
        var attribute = Dwarf_Attribute()
        return dwarf_attr(&die, UInt32(name), &attribute) == nil ? nil : attribute
    }

    func number(_ name: Int) -> Int? {
        guard var attribute = attribute(name) else { return nil }
        var value: Dwarf_Word = 0
        return dwarf_formudata(&attribute, &value) == 0 ? Int(exactly: value) : nil
    }

    func reference(_ name: Int) -> Die? {
        guard var attribute = attribute(name) else { return nil }
        var target = Dwarf_Die()
        return dwarf_formref_die(&attribute, &target) == nil ? nil : Die(target)
    }

    /// Bytes; arrays too.
    var size: Int? {
        var die = raw
        var size: Dwarf_Word = 0
        return dwarf_aggregate_size(&die, &size) == 0 ? Int(exactly: size) : nil
    }

    var isAggregate: Bool {
        tag == Int(DW_TAG_structure_type) || tag == Int(DW_TAG_union_type)
            || tag == Int(DW_TAG_class_type)
    }

    /// Calls `body` for each child until it says false.
    func eachChild(_ budget: DwarfBudget, _ body: (Die) -> Bool) {
        var parent = raw
        var child = Dwarf_Die()
        guard dwarf_child(&parent, &child) == 0 else { return }
        while budget.spend(), body(Die(child)) {
            // One pointer for both arguments: `&child, &child` would break exclusivity.
            let more = withUnsafeMutablePointer(to: &child) { dwarf_siblingof($0, $0) }
            guard more == 0 else { return }
        }
    }

    /// The type behind typedefs and qualifiers.
    func peeled() -> Die? {
        var die = self
        for _ in 0..<32 {
            switch die.tag {
            case Int(DW_TAG_typedef), Int(DW_TAG_const_type), Int(DW_TAG_volatile_type),
                Int(DW_TAG_restrict_type), Int(DW_TAG_atomic_type):
                guard let next = die.reference(Int(DW_AT_type)) else { return nil }
                die = next
            default:
                return die
            }
        }
        return nil
    }
}
