import TargetMemory

extension CodeLayout {
    /// The members in CPython's sources.
    public static let fields: [LayoutField<CodeLayout>] = [
        LayoutField(\.type, "PyObject", "ob_type"),
        LayoutField(\.firstLine, "PyCodeObject", "co_firstlineno"),
        LayoutField(\.fileName, "PyCodeObject", "co_filename"),
        LayoutField(\.name, "PyCodeObject", "co_qualname", or: [("PyCodeObject", "co_name")]),
        LayoutField(
            \.lineTable, "PyCodeObject", "co_linetable", or: [("PyCodeObject", "co_lnotab")]),
        LayoutField(\.version, "PyCodeObject", "co_version"),
        LayoutField(\.bytecode, "PyCodeObject", "co_code_adaptive"),
        LayoutField(\.firstTraceable, "PyCodeObject", "_co_firsttraceable"),
    ]
}

extension PEP393Layout {
    /// From DWARF; nil when it does not describe strings.
    init?(from structs: any StructLayouts) {
        guard let length = structs.offset(of: "length", in: "PyASCIIObject"),
            let state = structs.offset(of: "state", in: "PyASCIIObject"),
            let asciiSize = structs.size(of: "PyASCIIObject"),
            let compactSize = structs.size(of: "PyCompactUnicodeObject"),
            let kind = structs.bits(of: "state.kind", in: "PyASCIIObject"),
            let compact = structs.bits(of: "state.compact", in: "PyASCIIObject"),
            let ascii = structs.bits(of: "state.ascii", in: "PyASCIIObject")
        else { return nil }
        let bits = [kind, compact, ascii].map { $0.offset - state * 8 }
        let sizes = 0...1 << 16
        guard bits.allSatisfy({ (0..<32).contains($0) }), sizes.contains(asciiSize),
            sizes.contains(compactSize)
        else { return nil }
        self.init(
            length: length, state: state, asciiSize: asciiSize, compactSize: compactSize,
            kindBit: bits[0], compactBit: bits[1], asciiBit: bits[2])
    }
}

extension CodeReader {
    /// Overwrites all offsets with those that DWARF gives; returns what it does not give.
    public mutating func fill(from structs: any StructLayouts) -> [String] {
        var missing = CodeLayout.fields.fill(&layout, from: structs)
        switch text {
        case .byteString:
            if let size = structs.offset(of: "ob_size", in: "PyStringObject"),
                let data = structs.offset(of: "ob_sval", in: "PyStringObject"), data >= size
            {
                text = .byteString(size: size, data: data)
                (bytesSize, bytesData) = (size, data)
            } else {
                missing.append("PyStringObject")
            }
        case .pep393:
            if let layout = PEP393Layout(from: structs) {
                text = .pep393(layout)
            } else {
                missing.append("PyASCIIObject")
            }
            if let size = structs.offset(of: "ob_base.ob_size", in: "PyBytesObject"),
                let data = structs.offset(of: "ob_sval", in: "PyBytesObject"), data >= size
            {
                (bytesSize, bytesData) = (size, data)
            } else {
                missing.append("PyBytesObject")
            }
        }
        return missing
    }
}
