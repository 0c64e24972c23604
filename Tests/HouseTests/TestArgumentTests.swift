import Foundation
import TestSupport
import Testing

/// Swift 6.0's compiler crashes on a closure within the parentheses of `@Test` or `@Suite`. Newer compilers take it, so
/// that nobody would notice before a user of Debian 13 does.
struct TestArgumentTests {
    /// The text between the parentheses of each `@Test(...)` and `@Suite(...)`, over any number of lines.
    static func attributes(in source: String) -> [String] {
        ["@Test(", "@Suite("].flatMap { opening in
            source.components(separatedBy: opening).dropFirst().map { withoutStrings(upToParenthesis: $0) }
        }
    }

    /// `text` up to the parenthesis that closes one opened before it, without what stands in string literals.
    private static func withoutStrings(upToParenthesis text: String) -> String {
        var result = ""
        var depth = 1
        var isInString = false
        var isEscaped = false
        for character in text {
            if isInString {
                if isEscaped { isEscaped = false } else if character == "\\" { isEscaped = true } else if character == "\"" { isInString = false }
                continue
            }
            switch character {
            case "\"": isInString = true
            case "(": depth += 1
            case ")": depth -= 1
            default: break
            }
            if depth == 0 { break }
            result.append(character)
        }
        return result
    }

    @Test func noClosureInTheArgumentsOfATest() throws {
        let folder = projectRoot.appendingPathComponent("Tests").path
        let files = try #require(FileManager.default.enumerator(atPath: folder)).compactMap { $0 as? String }
            .filter { $0.hasSuffix(".swift") && !$0.hasSuffix("TestArgumentTests.swift") }
        #expect(files.count > 80)
        var seen = 0
        for file in files {
            let source = try String(contentsOfFile: folder + "/" + file, encoding: .utf8)
            for attribute in Self.attributes(in: source) {
                seen += 1
                #expect(
                    !attribute.contains("{"),
                    "Tests/\(file): Swift 6.0 crashes on a closure in @Test(...). Put the arguments into a static property.")
            }
        }
        #expect(seen > 50)
    }

    @Test func findsClosures() {
        let closure = "@Test(\n    arguments: minors.filter {\n        $0 != \"3.6\" }, [1])\nfunc a() {}\n"
        #expect(Self.attributes(in: closure).map { $0.contains("{") } == [true])
        let none = "@Test(\"a { in a name\", arguments: [(1, \"\\\"{\")])\nfunc b() { }\n@Test func c() { d { } }"
        #expect(Self.attributes(in: none).map { $0.contains("{") } == [false])
    }
}
