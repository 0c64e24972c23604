import Foundation
import TestSupport
import Testing

/// Interpreters whose file tells nothing: no symbols, no section headers. They are found by how they look.
@Suite(.serialized) struct NamelessTests {
    static let minors = ["2.7", "3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.15"]

    @Test(arguments: minors) func stacks(_ minor: String) throws {
        let folder = try Folder()
        guard let nameless = try NamelessPython(minor, in: folder) else {
            print("NOT TESTED: Python \(minor) without any symbol: neither a static Debian build nor a libpython.a")
            return
        }
        for busy in [false, true] {
            let program = try nameless.start(busy: busy)
            if busy {
                // `_PyThreadState_Current` was found as well: the thread that runs is marked, and sampled.
                let run = try pyflame(["-p", "\(program.pid)", "-s", "0.2"])
                #expect(run.status == 0 && run.err.isEmpty && run.out.contains("parked.py:busy:"), "\(minor): \(run)")
                continue
            }
            let probe = try pyflame(["--probe", "-p", "\(program.pid)"]).out
            #expect(probe.contains("roots found by search") || probe.contains("cookie of _Py_DebugOffsets"), "\(probe)")
            let abi = minor.replacingOccurrences(of: ".", with: "")
            for options in [[], ["--abi", abi]] {
                print("NAMELESS \(minor) \(options): \(try program.compare(options, minor)) equal")
            }
            let idle = try pyflame(["-p", "\(program.pid)", "-s", "0.05"])
            #expect(idle.status == 0 && idle.out.hasPrefix("(idle) "), "\(minor): \(idle)")
            let wrong = try pyflame(["-d", "-p", "\(program.pid)", "--abi", abi == "27" ? "36" : "27"])
            #expect(wrong.status == 1 && wrong.out.isEmpty && !wrong.err.isEmpty, "\(minor): \(wrong)")
        }
    }

    /// Nothing is found where nothing is.
    @Test func noPython() throws {
        let sleep = try #require(tool("sleep"))
        let program = try Child([sleep, "1000"])
        let run = try pyflame(["-p", "\(program.pid)"])
        #expect(run.status == 1 && run.out.isEmpty)
        #expect(run.err.hasPrefix("Failed to locate libpython"), "\(run.err)")
        #expect(run.err.contains("nothing in their data looks like an interpreter"), "\(run.err)")
    }

    /// A command under -t is watched until its interpreter shows.
    @Test func traced() throws {
        let folder = try Folder()
        guard let nameless = try ["3.11", "3.13", "3.9"].lazy.compactMap({ try NamelessPython($0, in: folder) }).first
        else {
            print("NOT TESTED: -t on a Python without any symbol: neither a static Debian build nor a libpython.a")
            return
        }
        var out = ""
        // How soon the search comes about depends on the machine.
        for patience in 1...20 where !out.contains("parked.py:busy:") {
            let truth = folder.file("truth-\(patience).json")
            let tracer = try Child(
                nameless.inPlace([pyflamePath, "-t"] + nameless.command),
                environment: nameless.environment.merging(["TRUTH": truth, "BUSY": "1"]) { $1 })
            #expect(eventually { FileManager.default.fileExists(atPath: truth) || !tracer.process.isRunning })
            usleep(UInt32(patience) * 500_000)
            kill(tracer.pid, SIGINT)
            out = tracer.finish().out
        }
        #expect(out.contains("parked.py:busy:"), "\(out)")
    }
}

/// A Python without names: Debian's static program with its names taken away, or a program of our own
/// around a libpython.a.
struct NamelessPython {
    var command: [String]
    var environment: [String: String] = [:]

    init?(_ minor: String, in folder: Folder) throws {
        guard let python = Interpreter.all.first(where: { $0.minor == minor && $0.kind == "release" && Self.isFetched($0) })
        else {
            guard let built = try EmbeddingProgram(minor, folder: folder, static: true) else { return nil }
            try Self.unname(built.path)
            command = [built.path, "parked.py"]
            environment = built.environment
            return
        }
        // The launcher's last word is the program.
        let launcher = try String(contentsOfFile: python.command, encoding: .utf8)
        let words = launcher.components(separatedBy: "'")
        let program = try #require(words.dropLast().last)
        let copy = folder.file("nameless\(minor)")
        try FileManager.default.copyItem(atPath: program, toPath: copy)
        try Self.unname(copy)
        let edited = launcher.replacingOccurrences(of: "'\(program)' \"$@\"", with: "'\(copy)' \"$@\"")
        try #require(edited != launcher)
        command = [try folder.write("python\(minor)", edited), "-S", "parked.py"]
    }

    private static func isFetched(_ python: Interpreter) -> Bool {
        python.command.hasSuffix("/python") && FileManager.default.fileExists(
            atPath: python.command.dropLast("python".count) + ".finished")
    }

    private static func unname(_ path: String) throws {
        let python = try #require(Interpreter.all.last { !$0.version.hasPrefix("2") })
        if let strip = tool("strip") { try must([strip, "--strip-all", path]) }
        try must([python.command, embedding("unname.py"), path])
    }

    func start(busy: Bool) throws -> EmbeddedProgram {
        var all = environment
        if busy { all["BUSY"] = "1" }
        return try EmbeddedProgram(inPlace(command), all)
    }

    /// parked.py finds truth.py in the working directory.
    func inPlace(_ command: [String]) -> [String] {
        ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", embedding("")] + command
    }
}
