/// All offsets that one version takes: a row of a module's table.
public protocol LayoutRow: Sendable {
    /// Overwrites all offsets with those that DWARF gives; returns what it does not give.
    mutating func fill(from structs: any StructLayouts) -> [String]
    /// The decoder that reads with these offsets; throws `LayoutUnavailable` where the site lacks a root.
    func makeDecoder(
        site: any InterpreterSite, origin: String, frames: FrameTable
    ) throws -> any FrameDecoder
    /// How its roots look where no symbol names them.
    var rootSign: RootSign { get }
}

extension LayoutRow {
    /// This row with all its offsets from the site's debug information.
    func withDWARF(of site: any InterpreterSite) throws -> Self {
        guard let structs = site.structLayouts else {
            throw LayoutUnavailable("the interpreter has no debug information (DWARF)")
        }
        var filled = self
        let missing = filled.fill(from: structs)
        structs.keepAnswers()
        guard missing.isEmpty else {
            throw LayoutUnavailable("its DWARF does not describe \(missing.joined(separator: ", "))")
        }
        return filled
    }
}

extension LayoutChoice {
    /// The layout of `row()`, as it stands.
    public static func row(
        _ source: LayoutSource, _ description: String, _ site: any InterpreterSite,
        _ frames: FrameTable, _ row: @escaping () throws -> (row: any LayoutRow, origin: String)
    ) -> LayoutChoice {
        LayoutChoice(source: source, description: description) {
            let (row, origin) = try row()
            return try row.makeDecoder(site: site, origin: origin, frames: frames)
        }
    }

    /// What kind of build it is comes from `row()`; every offset from DWARF.
    public static func dwarf(
        _ site: any InterpreterSite, _ frames: FrameTable,
        _ row: @escaping () throws -> any LayoutRow
    ) -> LayoutChoice {
        .row(.dwarf, "DWARF", site, frames) { (try row().withDWARF(of: site), "DWARF") }
    }
}

extension DecoderModule {
    /// A module that has a table, with a row for each version, and DWARF where that does not fit.
    public static func tables(
        name: String, abis: [ABI], symbols: [String],
        row: @escaping @Sendable (PythonVersion) -> (any LayoutRow)?
    ) -> DecoderModule {
        DecoderModule(
            name: name, abis: abis, symbols: symbols + ["PyCode_Type"],
            rootSign: { abis.contains($0.abi) ? row($0)?.rootSign : nil }
        ) { site, _, frames in
            guard abis.contains(site.version.abi), let row = row(site.version) else {
                return .notMine
            }
            let table = "table \(site.version.abi.dotted)"
            return .reads([
                .row(.table, table, site, frames) { (row, table) },
                .dwarf(site, frames) { row },
            ])
        }
    }
}
