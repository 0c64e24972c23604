import Foundation
import FrameDecoding
import Testing

@testable import pyflame

/// Man page, completions, README and help know every option of the table.
struct DocumentationTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private func contents(_ path: String) throws -> String {
        try String(contentsOf: Self.root.appendingPathComponent(path), encoding: .utf8)
    }

    /// Whether `word` stands alone in `text`: `-s` is not in `--seconds`, nor `--pid` in `--pids`.
    private func has(_ word: String, in text: String) -> Bool {
        var rest = text[...]
        func joins(_ character: Character?) -> Bool {
            character.map { $0.isLetter || $0.isNumber || $0 == "-" } ?? false
        }
        while let range = rest.range(of: word) {
            let before = range.lowerBound > text.startIndex ? text[text.index(before: range.lowerBound)] : nil
            let after = range.upperBound < text.endIndex ? text[range.upperBound] : nil
            if !joins(before) && !joins(after) { return true }
            rest = rest[range.upperBound...]
        }
        return false
    }

    private func expectAll(in text: String, _ place: String) {
        for entry in OptionTable.entries {
            #expect(has("--" + entry.long, in: text), "\(place) lacks --\(entry.long)")
            if let short = entry.short { #expect(has("-\(short)", in: text), "\(place) lacks -\(short)") }
        }
        for format in OutputFormat.allCases {
            #expect(has(format.rawValue, in: text), "\(place) lacks format \(format.rawValue)")
        }
    }

    @Test func manPage() throws {
        // Not the examples: each option has an entry of its own.
        let page = try contents("docs/pyflame.1").replacingOccurrences(of: "\\-", with: "-")
        let options = try #require(page.range(of: ".SH OPTIONS")).upperBound
        let end = try #require(page.range(of: ".SH EXIT STATUS")).lowerBound
        expectAll(in: String(page[options..<end]), "docs/pyflame.1")
        #expect(page.contains("pyflame \(pyflameVersion)"))
        for format in OutputFormat.allCases {
            for ending in format.endings { #expect(page.contains("*" + ending)) }
        }
    }

    @Test func readme() throws { expectAll(in: try contents("README.md"), "README.md") }

    @Test(arguments: ["completions/pyflame.bash", "completions/_pyflame"])
    func completions(path: String) throws { expectAll(in: try contents(path), path) }

    @Test func fishCompletions() throws {
        let script = try contents("completions/pyflame.fish")
        for entry in OptionTable.entries {
            let short = entry.short.map { "-s \($0) " } ?? ""
            #expect(script.contains("\(short)-l \(entry.long) "), "pyflame.fish lacks --\(entry.long)")
        }
    }

    @Test func help() {
        let text = helpText(supported: someABIs)
        expectAll(in: text, "--help")
        #expect(text.hasPrefix("Usage: "))
        for line in text.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
        for abi in someABIs { #expect(has(abi.description, in: text)) }
    }

    @Test func version() {
        let line = versionLine(supported: someABIs.reversed())
        #expect(line.hasPrefix("pyflame \(pyflameVersion) Linux "))
        #expect(line.hasSuffix(" (ABI list: 26 27 36 311 315)\n"))
    }

    @Test func theTableIsWhole() {
        #expect(Set(OptionTable.entries.map(\.name)) == Set(OptionName.allCases))
        #expect(OptionTable.entries.count == OptionName.allCases.count)
        #expect(Set(OptionTable.entries.map(\.code)).count == OptionTable.entries.count)
    }
}
