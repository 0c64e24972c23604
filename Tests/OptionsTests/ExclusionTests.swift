import FrameDecoding
import Testing

@testable import Host

/// Options that do not go together: each row of the table, with each of its options.
struct ExclusionTests {
    @Test func everyRow() throws {
        for row in Exclusion.table {
            for other in row.others where ![.help, .version].contains(other) {
                // Help and version are answered whatever else is given; -t has to come last.
                let words = [row.option, other].filter { $0 != .trace }.flatMap(Self.words)
                    + ([row.option, other].contains(.trace) ? ["-t", "true"] : [])
                let line = words.joined(separator: " ")
                #expect(Self.complaint(line).hasPrefix("not mutually compatible: "), "\(line): \(Self.complaint(line))")
            }
        }
    }

    /// Both options are named as the user knows them.
    @Test(arguments: [
        ("-p 1 -t true", "-p and -t. "), ("17 -t true", "a PID (17) and -t. "),
        ("--core x --seconds 3", "--core and -s. "), ("--convert x --dump", "--convert and -d. "),
    ])
    func names(line: String, expected: String) {
        #expect(Self.complaint(line).hasPrefix("not mutually compatible: " + expected), "\(Self.complaint(line))")
    }

    /// What is said of a command line; empty when nothing is wrong with it.
    private static func complaint(_ line: String) -> String {
        do {
            _ = try Options.parse(arguments: line.split(separator: " ").map(String.init), supported: [])
            return ""
        } catch {
            return error.description
        }
    }

    private static func words(_ option: OptionName) -> [String] {
        let entry = OptionTable.entries.first { $0.name == option }
        return ["--\(option.rawValue)"] + (entry?.value == nil ? [] : ["1"])
    }
}
