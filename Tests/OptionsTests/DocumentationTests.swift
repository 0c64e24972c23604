import Foundation
import Formats
import FrameDecoding
import StandardDecoders
import Testing

@testable import Host

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
        for format in OutputFormat.standard {
            #expect(has(format.name, in: text), "\(place) lacks format \(format.name)")
        }
    }

    @Test func manPage() throws {
        // Not the examples: each option has an entry of its own.
        let page = try contents("docs/pyflame.1").replacingOccurrences(of: "\\-", with: "-")
        let options = try #require(page.range(of: ".SH OPTIONS")).upperBound
        let end = try #require(page.range(of: ".SH EXIT STATUS")).lowerBound
        expectAll(in: String(page[options..<end]), "docs/pyflame.1")
        #expect(page.contains("pyflame \(pyflameVersion)"))
        for format in OutputFormat.standard {
            for ending in format.endings { #expect(page.contains("*" + ending)) }
        }
    }

    @Test func readme() throws { expectAll(in: try contents("README.md"), "README.md") }

    /// `2.6, 2.7 and 3.4 to 3.15`: each span of versions that follow one another, or `and` before the last.
    private func spans(_ abis: [ABI], last: String) -> String {
        var spans: [[ABI]] = []
        for abi in abis {
            if let end = spans.last?.last, end.major == abi.major, end.minor + 1 == abi.minor {
                spans[spans.count - 1].append(abi)
            } else {
                spans.append([abi])
            }
        }
        let texts = spans.flatMap { span in
            span.count < 3 ? span.map(\.dotted) : ["\(span[0].dotted) to \(span[span.count - 1].dotted)"]
        }
        guard let end = texts.last, texts.count > 1 else { return texts.joined() }
        return texts.dropLast().joined(separator: ", ") + last + end
    }

    /// What README and man page say of versions is what the registered decoders say.
    @Test func supportedVersions() throws {
        let readme = try contents("README.md")
        let all = "It reads CPython \(spans(standardDecoders.supportedABIs, last: " and ")), and finds out by itself"
        #expect(readme.contains(all), "README.md lacks: \(all)")
        #expect(try contents("docs/pyflame.1").contains(all), "docs/pyflame.1 lacks: \(all)")
        let head = "| | " + standardDecoders.map { spans($0.abis, last: ", ") }.joined(separator: " | ") + " |"
        #expect(readme.contains(head), "README.md lacks the table: \(head)")
        let names = "| decoder module | " + standardDecoders.map(\.name).joined(separator: " | ") + " |"
        #expect(readme.contains(names), "README.md lacks: \(names)")
        let first = try #require(standardDecoders.supportedABIs.first { $0.major == 3 })
        #expect(readme.contains("not 3.0 to 3.\(first.minor - 1)."), "README.md has other limits")
    }

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
