import TargetMemory

/// What reading a program's objects takes beyond its stacks: names of threads, variables of frames.
/// Optional in a decoder's table; in bytes.
public struct ProgramLayout: Equatable, Sendable {
    public var objects: ObjectLayout
    public var variables: VariableLayout
    /// In PyInterpreterState: the dict `sys.modules`.
    public var modules: Int

    public init(objects: ObjectLayout, variables: VariableLayout, modules: Int) {
        self.objects = objects
        self.variables = variables
        self.modules = modules
    }

    /// The same from the interpreter's debug information; nil when that lacks something.
    func filled(from structs: any StructLayouts) -> ProgramLayout? {
        var layout = self
        guard let head = structs.size(of: "PyObject"),
            let type = structs.offset(of: "ob_type", in: "PyObject"),
            let modules = structs.offset(of: "modules", in: "_is")
                ?? structs.offset(of: "imports.modules", in: "_is"),
            VariableLayout.fields.fill(&layout.variables, from: structs).isEmpty
        else { return nil }
        layout.objects = objects.withHead(size: head, type: type)
        layout.modules = modules
        return layout
    }
}

/// Where a frame keeps its variables, and its code object their names. Offsets in bytes.
public struct VariableLayout: Equatable, Sendable {
    /// `f_localsplus`, from 3.11 on `localsplus`: a word for each variable.
    public var slots: Int
    /// In the code object: `co_varnames` (to 3.10), `co_localsplusnames`.
    public var names: Int
    /// `co_localspluskinds` (3.11+); `absent` before, where `co_freevars` and `co_cellvars` follow `co_varnames`.
    public var kinds: Int

    public init(slots: Int, names: Int, kinds: Int = absent) {
        self.slots = slots
        self.names = names
        self.kinds = kinds
    }

    /// The members in CPython's sources.
    public static let fields: [LayoutField<VariableLayout>] = [
        LayoutField(
            \.slots, "_PyInterpreterFrame", "localsplus", or: [("_frame", "f_localsplus")]),
        LayoutField(
            \.names, "PyCodeObject", "co_localsplusnames", or: [("PyCodeObject", "co_varnames")]),
        LayoutField(\.kinds, "PyCodeObject", "co_localspluskinds"),
    ]
}
