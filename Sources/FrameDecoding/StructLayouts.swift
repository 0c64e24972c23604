/// Struct layouts as the debug information of the very interpreter gives them (DWARF).
public protocol StructLayouts: AnyObject {
    /// Offset in bytes of `member` (a path such as `ceval.gil`, through nested structs but not
    /// through pointers) in the struct or typedef `type`; nil when there is no such member.
    func offset(of member: String, in type: String) -> Int?
    /// Size in bytes of the struct or typedef `type`.
    func size(of type: String) -> Int?
    /// First bit, counted from the least significant one of the struct's memory, and width of a bit field.
    func bits(of member: String, in type: String) -> (offset: Int, width: Int)?
    /// All that is asked for now was asked: what was costly to find out may be kept for other runs.
    func keepAnswers()
}

extension StructLayouts {
    public func keepAnswers() {}
}

/// Which member of which C struct a field of a layout table stands for.
///
/// Each decoder lists these once; from the list a layout is filled from DWARF, and the tables are
/// tested against the DWARF of real interpreters.
public struct LayoutField<Layout>: @unchecked Sendable {
    public let path: WritableKeyPath<Layout, Int>
    /// Struct tag or typedef name, as in CPython's sources.
    public let type: String
    public let member: String
    /// Other places where some versions or builds keep the member.
    public let alternatives: [(type: String, member: String)]

    public init(
        _ path: WritableKeyPath<Layout, Int>, _ type: String, _ member: String,
        or alternatives: [(type: String, member: String)] = []
    ) {
        self.path = path
        self.type = type
        self.member = member
        self.alternatives = alternatives
    }

    /// The member's offset according to `structs`.
    public func offset(in structs: any StructLayouts) -> Int? {
        structs.offset(of: member, in: type)
            ?? alternatives.lazy.compactMap { structs.offset(of: $0.member, in: $0.type) }.first
    }
}

extension Array {
    /// Overwrites every field that `structs` knows; returns the fields that it does not know, as
    /// `type.member`.
    public func fill<Layout>(_ layout: inout Layout, from structs: any StructLayouts) -> [String]
    where Element == LayoutField<Layout> {
        var missing: [String] = []
        for field in self where layout[keyPath: field.path] != absent {
            if let offset = field.offset(in: structs) {
                layout[keyPath: field.path] = offset
            } else {
                missing.append("\(field.type).\(field.member)")
            }
        }
        return missing
    }
}

/// In a layout: the version has no such member.
public let absent = -1
