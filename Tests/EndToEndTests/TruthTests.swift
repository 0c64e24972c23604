import Foundation
import StandardDecoders
import Synchronization
import System
import TargetMemory
import Testing
import TestSupport


/// awkward.py under some interpreter, with every thread parked.
struct ParkedProgram {
    let program: Child
    let truth: Truth

    init(_ command: [String], environment: [String: String] = [:]) throws {
        let truthFile = temporaryPath("truth.json")
        defer { try? FileManager.default.removeItem(atPath: truthFile) }
        let program = try Child(command + [fixture("awkward.py"), truthFile], environment: environment)
        let arrived = eventually {
            FileManager.default.fileExists(atPath: truthFile) || !program.process.isRunning
        }
        let written = try? Data(contentsOf: URL(fileURLWithPath: truthFile))
        let data = try #require(written, "\(command): no truth (\(arrived)): \(program.err)")
        self.program = program
        truth = try JSONDecoder().decode(Truth.self, from: data)
        try #require(truth.threads.count > 50)
    }

    var pid: String { "\(program.pid)" }

    /// Compares every frame of every thread with what `--dump` and `options` give.
    func compare(_ options: [String], _ whose: String, target: [String]? = nil) throws -> Comparison {
        let dump = try pyflame(["--dump"] + (target ?? ["-p", pid]) + options)
        #expect(dump.status == 0 && dump.err.isEmpty, "\(whose) \(options): \(dump.err)")
        let stacks = parseDump(dump.out)
        var result = Comparison(threads: truth.threads.count)
        for thread in truth.threads {
            let expected = thread.frames.map { $0.text(lineNumbers: !options.contains("-n")) }
            let found = stacks[thread.id] ?? ["no such thread"]
            result.frames += expected.count
            if found == expected {
                result.equalThreads += 1
                continue
            }
            Issue.record(
                """
                \(whose) \(options): \(thread.label)
                the interpreter says:
                  \(expected.joined(separator: "\n  "))
                pyflame says:
                  \(found.joined(separator: "\n  "))
                """)
        }
        let known = Set(truth.threads.map(\.id) + [truth.witness])
        for (id, stack) in stacks where !known.contains(id) {
            #expect(stack.isEmpty, "\(whose) \(options): a thread \(id) that does not exist")
        }
        return result
    }

    /// Decoder, layout, and how the version was found, as `--probe` has it.
    func probe(_ options: [String]) throws -> [String] {
        // What bears on detection.
        let lines = try pyflame(["--probe", "-p", pid] + options.filter { $0 != "-n" }).out
            .split(separator: "\n")
        let values = ["decoder:", "layout:", "candidate:"].map { key in
            lines.first { $0.hasPrefix(key) }
                .map { $0.dropFirst(key.count).trimmingCharacters(in: .whitespaces) } ?? "?"
        }
        // "Python 3.9.2 (origin) in PATH"
        let origin = values[2].components(separatedBy: ") in ")[0].drop { $0 != "(" }.dropFirst()
        return [values[0], values[1], String(origin)]
    }
}

struct Comparison {
    var threads: Int
    var frames = 0
    var equalThreads = 0
}

/// The versions tested, printed when the last one is done.
private final class VersionTable: Sendable {
    struct Row {
        var interpreter: Interpreter
        var cells: [String]
    }
    private let rows = Mutex<[Row]>([])
    private let finished = Mutex(0)

    func add(_ row: Row) { rows.withLock { $0.append(row) } }

    func finishOne() {
        guard finished.withLock({ $0 += 1; return $0 == Interpreter.all.count }) else { return }
        let rows = rows.withLock { $0 }
        var lines = [
            "STACKS COMPARED\tkind\toptions\tthreads\tequal\tframes\tdecoder\tlayout\tdetected\tcommand"
        ]
        for row in rows {
            let python = row.interpreter
            lines.append(([python.version, python.kind] + row.cells + [python.command]).joined(separator: "\t"))
        }
        for (minor, kind) in TruthTests.wanted
        where !rows.contains(where: { $0.interpreter.minor == minor && $0.interpreter.kind == kind }) {
            lines.append("NOT TESTED: Python \(minor) (\(kind)): no interpreter could be had, or it did not start")
        }
        print(lines.joined(separator: "\n"))
    }
}

/// Every frame of every thread, as the interpreter itself gives it.
@Suite(.serialized) struct TruthTests {
    /// Versions that pyflame says it reads, and the debug builds of the newest.
    static let wanted = standardDecoders.supportedABIs.map { ($0.dotted, "release") }
        + [("3.14", "debug"), ("3.15", "debug")]
    private static let table = VersionTable()

    @Test func thereAreInterpreters() {
        #expect(!Interpreter.all.isEmpty, "no Python found: run scripts/interpreters fetch")
    }

    @Test(arguments: Interpreter.all)
    func awkwardStacks(_ python: Interpreter) throws {
        defer { Self.table.finishOne() }
        let parked = try ParkedProgram([python.command])
        var runs = [[], ["-n"], ["--abi", python.minor.replacingOccurrences(of: ".", with: "")]]
        let dwarf = try pyflame("--dump", "--layout", "dwarf", "-p", parked.pid)
        if dwarf.status == 0 {
            runs.append(["--layout", "dwarf"])
        } else {
            #expect(dwarf.err.contains("no debug information"), "\(dwarf.err)")
        }
        for options in runs {
            let result = try parked.compare(options, "\(python)")
            Self.table.add(
                .init(
                    interpreter: python,
                    cells: try [
                        options.isEmpty ? "none" : options.joined(separator: " "), "\(result.threads)",
                        "\(result.equalThreads)", "\(result.frames)",
                    ] + parked.probe(options)))
        }
    }

    /// No static symbols, no debug information: a shared build as some distributions and images have it.
    @Test(arguments: ["2.7", "3.6", "3.9", "3.13"])
    func stripped(_ minor: String) throws {
        let strip = ["/usr/bin/strip", "/bin/strip"].first { FileManager.default.isExecutableFile(atPath: $0) }
        guard let strip, let build = SharedBuild(minor) else {
            let missing = strip == nil ? "no strip on this machine" : "no build with a shared libpython"
            print("NOT TESTED: stripped Python \(minor): \(missing)")
            return
        }
        let folder = temporaryPath("stripped")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var copies: [String] = []
        for original in [build.program, build.library] {
            let copy = folder + "/" + original.lastPathComponent
            try FileManager.default.copyItem(atPath: original.path, toPath: copy)
            try #require(Child([strip, "--strip-all", copy]).finish().status == 0)
            copies.append(copy)
        }
        let parked = try ParkedProgram(
            [copies[0]], environment: ["LD_LIBRARY_PATH": folder, "PYTHONHOME": build.prefix.path])
        let maps = try #require(ProcFile.text("/proc/\(parked.pid)/maps", limit: 1 << 22))
        try #require(maps.contains(copies[1]) && !maps.contains(build.library.path), "the copy is not in use")
        for options in [[], ["--abi", minor.replacingOccurrences(of: ".", with: "")]] {
            let result = try parked.compare(options, "stripped \(minor)")
            print(
                "STRIPPED \(minor) \(options): \(result.threads) threads, \(result.equalThreads) equal, "
                    + "\(result.frames) frames; \(try parked.probe(options).joined(separator: ", "))")
        }
    }
}

/// A Python whose interpreter is in a shared library beside it.
private struct SharedBuild {
    var program: URL
    var library: URL
    var prefix: URL

    init?(_ minor: String) {
        for python in Interpreter.all where python.minor == minor && python.kind == "release" {
            let program = URL(fileURLWithPath: python.command).resolvingSymlinksInPath()
            let prefix = program.deletingLastPathComponent().deletingLastPathComponent()
            let folder = prefix.appendingPathComponent("lib")
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
            guard let name = names.first(where: { $0.hasPrefix("libpython\(minor)") && $0.hasSuffix(".so.1.0") })
            else { continue }
            self.program = program
            library = folder.appendingPathComponent(name)
            self.prefix = prefix
            return
        }
        return nil
    }
}
