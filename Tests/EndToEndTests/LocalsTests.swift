import Foundation
import TestSupport
import Testing

/// `--locals` against the interpreter's own `repr`.
@Suite(.serialized) struct LocalsTests {
    @Test(arguments: Interpreter.all)
    func values(_ python: Interpreter) throws {
        let file = temporaryPath("variables.json")
        defer { try? FileManager.default.removeItem(atPath: file) }
        let program = try python.start([fixture("variables.py"), file])
        try #require(program.out.contains("ready"), "\(python): \(program.err)")
        let truth = try JSONDecoder().decode([String: String].self, from: Data(contentsOf: URL(fileURLWithPath: file)))
        try #require(truth.count > 15)
        let dump = try pyflame("-d", "--locals", "-p", "\(program.pid)")
        #expect(dump.status == 0 && dump.err.isEmpty, "\(python): \(dump.err)")
        var found: [String: String] = [:]
        var isInner = false
        for line in dump.out.split(separator: "\n") {
            if !line.hasPrefix("    ") {
                isInner = line.contains("inner:")
            } else if isInner, let sign = line.range(of: " = ") {
                found[String(line[..<sign.lowerBound].dropFirst(4))] = String(line[sign.upperBound...])
            }
        }
        for (name, value) in truth { #expect(found[name] == value, "\(python): \(name)") }
        #expect(found["recursive"] == "[1, [...]]", "\(python)")
        #expect(found["many"] == "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ... 90 more]", "\(python)")
        #expect(found["long"] == "'" + String(repeating: "x", count: 120) + "'...", "\(python)")
    }

    /// On a terminal a dump is for people.
    @Test func forPeople() throws {
        guard let script = ["/usr/bin/script", "/bin/script"].first(where: FileManager.default.isExecutableFile) else {
            print("NOT TESTED: a dump on a terminal: no script(1) on this machine")
            return
        }
        let python = try #require(Interpreter.release("3.13") ?? Interpreter.any)
        let program = try python.start([fixture("modes.py")])
        let dump = try Child(
            [script, "-qec", "'\(pyflamePath)' -d -p \(program.pid)", "/dev/null"], environment: ["NO_COLOR": "1"]
        ).finish().out.replacingOccurrences(of: "\r\n", with: "\n")
        #expect(dump.hasPrefix("Process \(program.pid): ") && dump.contains(", Python 3."), "\(dump)")
        #expect(dump.contains("\"MainThread\"") && dump.contains("\"the;sleep\""), "\(dump)")
        #expect(dump.contains(": waits\n"), "\(dump)")
        #expect(dump.contains("        time.sleep(1e6)\n"), "\(dump)")
        #expect(!dump.contains("\u{1b}"), "\(dump)")
    }
}
