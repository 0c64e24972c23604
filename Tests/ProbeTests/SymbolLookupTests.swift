import Testing

@testable import Probe

@Suite struct SymbolLookupTests {
    private static let symbols: [(name: String, value: UInt64, section: UInt16)] = [
        ("_PyRuntime", 0x1800, 5), ("Py_Version", 0x1900, 5), ("imported", 0x1234, 0),
        ("Py_Vers", 0x1a00, 5),
    ]

    private func lookup(_ image: [UInt8], at base: UInt64) throws -> SymbolLookup<ProcessBytes>? {
        let reader = ProcessBytes(source: FakeMemory([(base, image)]), bias: base)
        let header = try ElfHeader(Array(image.prefix(4096)), rest: { _, _ in nil })
        guard let span = header.span(pageSize: 4096) else { return nil }
        return DynamicSegment(header, reader: reader, span: span, bias: base)
            .flatMap { SymbolLookup($0, reader: reader) }
    }

    @Test(arguments: [true, false]) func findsWhatIsDefined(gnu: Bool) throws {
        let image = makeImage(symbols: Self.symbols, gnu: gnu)
        let lookup = try #require(try lookup(image, at: 0x7f00_0000_0000))
        #expect(lookup.value(of: "_PyRuntime") == 0x1800)
        #expect(lookup.value(of: "Py_Version") == 0x1900)
        #expect(lookup.value(of: "Py_Vers") == 0x1a00)
        #expect(lookup.value(of: "imported") == nil)
        #expect(lookup.value(of: "absent") == nil)
    }

    /// The dynamic loader writes relocated addresses into the dynamic section.
    @Test func relocatedDynamicSection() throws {
        var image = makeImage(symbols: Self.symbols, gnu: true)
        let base: UInt64 = 0x7f00_0000_0000
        for entry in 0..<3 {
            let at = 0x208 + entry * 16
            image.put(base + (image.load(at, as: UInt64.self) ?? 0), at: at)
        }
        #expect(try lookup(image, at: base)?.value(of: "Py_Version") == 0x1900)
    }

    @Test func hashFunctions() {
        #expect(gnuHash("printf") == 0x156b_2bb8)
        #expect(gnuHash("") == 5381)
        #expect(systemVHash("printf") == 0x0779_05a6)
    }

    /// Whatever byte is changed: no crash, and an end.
    @Test(arguments: [true, false]) func damagedImages(gnu: Bool) throws {
        let sound = makeImage(symbols: Self.symbols, gnu: gnu)
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            var image = sound
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let area = [0..<176, 0x200..<0x280, 0x400..<0x440, 0x800..<0x880].randomElement()!
                image[Int.random(in: area, using: &random)] =
                    [0, 1, 0x7f, 0x80, 0xff, UInt8.random(in: 0...255)].randomElement()!
            }
            guard let lookup = try? lookup(image, at: 0x7f00_0000_0000) else { continue }
            for symbol in Self.symbols { _ = lookup.value(of: symbol.name) }
        }
    }

    @Test func suffixesOfLinkTimeOptimization() {
        let text: [UInt8] = [0] + Array("gil_locked.lto_priv.0\0gil_lockedx\0interp_head\0".utf8)
        var table = [UInt8](repeating: 0, count: 4 * 24)
        for (index, start) in [UInt32(1), 23, 35].enumerated() {
            table.put(start, at: (index + 1) * 24)
            table[(index + 1) * 24 + 4] = 1
            table.put(UInt16(3), at: (index + 1) * 24 + 6)
            table.put(UInt64(index + 1) * 16, at: (index + 1) * 24 + 8)
        }
        let found = table.withUnsafeBytes { symbols in
            text.withUnsafeBytes { strings in
                SymbolScan(["gil_locked", "interp_head", "absent"]).values(
                    symbols: symbols, strings: strings)
            }
        }
        #expect(found == ["gil_locked": 16, "interp_head": 48])
    }
}
