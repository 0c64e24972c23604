import Foundation
import Testing

/// What a program says of its own threads (see fixtures/programs/awkward.py).
struct Truth: Decodable {
    struct Frame: Decodable {
        var file: String
        var name: String
        var line: Int?
        var text: String { "\(file):\(name):\(line ?? 0)" }
    }
    struct Thread: Decodable {
        var id: UInt64
        var label: String
        var frames: [Frame]
    }
    var threads: [Thread]
}

/// `--dump` by thread id, leaf first.
func parseDump(_ text: String) -> [UInt64: [String]] {
    var stacks: [UInt64: [String]] = [:]
    for block in text.components(separatedBy: "\n\n") {
        let lines = block.split(separator: "\n").map(String.init)
        guard let head = lines.first, let id = UInt64(head.prefix { $0.isNumber }) else { continue }
        stacks[id] = Array(lines.dropFirst())
    }
    return stacks
}

/// Every frame of every thread, as the interpreter itself gives it.
@Suite(.serialized) struct TruthTests {
    /// Versions that pyflame says it reads, and the debug builds of the newest.
    static let wanted = (["2.6", "2.7"] + (4...15).map { "3.\($0)" }).map { ($0, "release") }
        + [("3.14", "debug"), ("3.15", "debug")]

    @Test func thereAreInterpreters() {
        #expect(!Interpreter.all.isEmpty, "no Python found: run scripts/interpreters fetch")
        for (minor, kind) in Self.wanted
        where !Interpreter.all.contains(where: { $0.minor == minor && $0.kind == kind }) {
            print("NOT TESTED: Python \(minor) (\(kind)): no interpreter could be had")
        }
    }

    @Test(arguments: Interpreter.all)
    func awkwardStacks(_ python: Interpreter) throws {
        let truthFile = temporaryPath("truth.json")
        defer { try? FileManager.default.removeItem(atPath: truthFile) }
        let program = try Child([python.command, fixture("awkward.py"), truthFile])
        let arrived = eventually {
            FileManager.default.fileExists(atPath: truthFile) || !program.process.isRunning
        }
        let written = try? Data(contentsOf: URL(fileURLWithPath: truthFile))
        let data = try #require(written, "\(python): no truth (\(arrived)): \(program.err)")
        let truth = try JSONDecoder().decode(Truth.self, from: data)
        try #require(truth.threads.count > 50)

        let pid = "\(program.pid)"
        let abi = python.minor.replacingOccurrences(of: ".", with: "")
        let probe = try pyflame("--probe", "-p", pid).out
        func line(_ key: String) -> String {
            probe.split(separator: "\n").first { $0.hasPrefix(key) }
                .map { $0.dropFirst(key.count).trimmingCharacters(in: .whitespaces) } ?? "?"
        }
        var runs = [["--dump"], ["--dump", "--abi", abi]]
        let dwarf = try pyflame("--dump", "--layout", "dwarf", "-p", pid)
        if dwarf.status == 0 {
            runs.append(["--dump", "--layout", "dwarf"])
        } else {
            #expect(dwarf.err.contains("no debug information"), "\(dwarf.err)")
        }
        for options in runs {
            let dump = try pyflame(options + ["-p", pid])
            #expect(dump.status == 0 && dump.err.isEmpty, "\(dump.err)")
            let stacks = parseDump(dump.out)
            var frames = 0
            var unequal = 0
            for thread in truth.threads {
                let expected = thread.frames.map(\.text)
                frames += expected.count
                if stacks[thread.id] != expected { unequal += 1 }
                #expect(stacks[thread.id] == expected, "\(python) \(options): \(thread.label)")
            }
            print(
                "STACKS \(python.version) \(python.kind) \(options.dropFirst().joined(separator: " ")): "
                    + "\(truth.threads.count) threads, \(frames) frames, \(unequal) unequal; "
                    + "\(line("decoder:")), \(line("layout:")), \(line("interpreter:"))")
        }
    }
}
