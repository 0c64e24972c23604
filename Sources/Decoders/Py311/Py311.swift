import FrameDecoding

/// CPython 3.11 and 3.12: frames in the data stack, found through `_PyCFrame`.
public let module = DecoderModule(
    name: "Py311", abis: [ABI(major: 3, minor: 11), ABI(major: 3, minor: 12)],
    symbols: ["_PyRuntime", "PyCode_Type"]
) { site, _, frames in
    guard let row = Layouts.row(site.version) else { return .notMine }
    let table = "table \(site.version.abi.dotted)"
    return .reads([
        LayoutChoice(source: .table, description: table) {
            try InterpreterFrameDecoder(
                site: site, abi: row, origin: table, frames: frames)
        },
        LayoutChoice(source: .dwarf, description: "DWARF") {
            let filled = try withDWARF(of: site, row) { $0.fill(from: $1) }
            return try InterpreterFrameDecoder(
                site: site, abi: filled, origin: "DWARF", frames: frames)
        },
    ])
}
