import Foundation
import TestSupport
import Testing

/// The manual's error table: beginnings that scripts match, status 1, nothing on stdout.
@Suite(.serialized) struct ErrorTests {
    private func expectError(
        _ arguments: [String], _ beginning: String, contains more: String = "",
        _ location: SourceLocation = #_sourceLocation
    ) throws {
        let run = try pyflame(arguments)
        #expect(run.status == 1, sourceLocation: location)
        #expect(run.out.isEmpty, sourceLocation: location)
        #expect(run.err.hasPrefix(beginning), "\(run.err)", sourceLocation: location)
        #expect(more.isEmpty || run.err.contains(more), "\(run.err)", sourceLocation: location)
    }

    @Test func usage() throws {
        try expectError([], "Usage: ")
        try expectError(["1", "2"], "Usage: ")
        try expectError(["-t"], "Option -t requires a command to run.", contains: "Usage: ")
    }

    @Test func unparsable() throws {
        // The long one is 2 to the 200th.
        let huge = "1606938044258990275541962092341162602522202993782792835301376"
        for pid in ["-1", "0", huge, String(repeating: "9", count: 61), "word", "12x", ""] {
            try expectError(["-p", pid], "failed to parse")
        }
        for pid in ["0", huge, "word"] { try expectError([pid], "failed to parse") }
    }

    @Test func incompatible() throws {
        try expectError(["-p", "1", "-t", "true"], "not mutually compatible")
        try expectError(["-d", "-t", "true"], "not mutually compatible")
    }

    @Test func unknownABI() throws {
        for abi in ["99", "4", "x", "30"] {
            try expectError(["--abi", abi, "-p", "1"], "Unknown or unsupported ABI version: \(abi)")
        }
    }

    @Test func noSuchProcess() throws {
        try expectError(["-p", "2147483646"], "Failed to seize PID 2147483646", contains: "no such process")
    }

    @Test func notPython() throws {
        let sleeper = try Child(["/bin/sleep", "600"])
        try expectError(["-p", "\(sleeper.pid)"], "Failed to locate libpython", contains: "not a Python process")
    }

    @Test(arguments: ["pyflame", "/usr/local/bin/pyflame", pyflamePath])
    func commandIsPyflame(command: String) throws {
        try expectError(["-t", command, "--version"], "You tried to pyflame a pyflame, naughty!")
    }

    @Test func pyflameItself() throws {
        let python = try #require(Interpreter.any)
        let program = try python.start([fixture("known_stacks.py")])
        let other = try Child([pyflamePath, "-p", "\(program.pid)", "-s", "1000", "-x"])
        #expect(eventually { isTraced(program.pid) })
        try expectError(["-p", "\(other.pid)"], "You tried to pyflame a pyflame, naughty!")
        // And the target has its one tracer.
        try expectError(
            ["-p", "\(program.pid)"], "Failed to seize PID \(program.pid)",
            contains: "already traced by process \(other.pid) (pyflame)")
    }

    @Test func threadAndZombie() throws {
        let python = try #require(Interpreter.any)
        let program = try Child([
            python.command, "-c",
            "import os, threading, time\nthreading.Thread(target=time.sleep, args=(600,), daemon=True).start()\n"
                + "child = os.fork()\nif child == 0: os._exit(0)\nprint('ready', child, flush=True)\ntime.sleep(600)",
        ])
        #expect(eventually { program.out.contains("ready") && program.out.hasSuffix("\n") })
        let tasks = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(program.pid)/task")
        let thread = try #require(tasks.first { $0 != "\(program.pid)" })
        try expectError(
            ["-p", thread], "Failed to seize PID \(thread)", contains: "thread of process \(program.pid)")
        let zombie = try #require(program.out.split(whereSeparator: \.isWhitespace).last.map(String.init))
        #expect(
            eventually {
                (try? String(contentsOfFile: "/proc/\(zombie)/status", encoding: .utf8))?.contains("Z (zombie)")
                    ?? false
            })
        try expectError(["-p", zombie], "Failed to seize PID \(zombie)", contains: "ended")
    }

    @Test func wrongMajorVersion() throws {
        let python = try #require(Interpreter.any)
        let program = try python.start([fixture("known_stacks.py")])
        try expectError(
            ["--abi", "27", "-p", "\(program.pid)"], "The target does not decode as Python 2.7",
            contains: "Leave --abi out")
    }

    /// A layout that is not the target's: an error, and no stacks of nonsense.
    @Test(arguments: [("3.13", "36"), ("3.13", "3.12"), ("3.9", "311"), ("2.7", "315")])
    func wrongABI(_ minor: String, _ abi: String) throws {
        guard let python = Interpreter.release(minor) else {
            print("NOT TESTED: --abi \(abi) on \(minor): no interpreter could be had")
            return
        }
        let program = try python.start([fixture("known_stacks.py")])
        let dotted = abi.contains(".") ? abi : "\(abi.prefix(1)).\(abi.dropFirst())"
        try expectError(
            ["--abi", abi, "-p", "\(program.pid)"], "The target does not decode as Python \(dotted)",
            contains: "found Python")
    }

    /// Found out before sampling: with `-s 1000` this would not end otherwise.
    @Test func unwritableOutput() throws {
        let python = try #require(Interpreter.any)
        let program = try python.start([fixture("known_stacks.py")])
        for path in ["/nonexistent/folder/file", FileManager.default.temporaryDirectory.path, ""] {
            try expectError(
                ["-p", "\(program.pid)", "-s", "1000", "-o", path],
                path.isEmpty ? "Usage: " : "Failed to open output file")
        }
    }

    /// An old profile stays as it is until the new one is whole.
    @Test func outputIsReplacedAtOnce() throws {
        let python = try #require(Interpreter.any)
        let program = try python.start([fixture("known_stacks.py")])
        let output = temporaryPath("old.folded")
        defer { try? FileManager.default.removeItem(atPath: output) }
        func content() throws -> String { try String(contentsOfFile: output, encoding: .utf8) }
        try "old\n".write(toFile: output, atomically: true, encoding: .utf8)

        // An error, an end in the middle, an end by SIGKILL.
        try expectError(["-p", "2147483646", "-o", output], "Failed to seize PID")
        #expect(try content() == "old\n")
        let killed = try Child([pyflamePath, "-p", "\(program.pid)", "-s", "1000", "-o", output])
        #expect(eventually { isTraced(program.pid) })
        #expect(try content() == "old\n")
        kill(killed.pid, SIGKILL)
        #expect(killed.finish().status == 128 + SIGKILL)
        #expect(try content() == "old\n")

        #expect(eventually { !isTraced(program.pid) })
        let run = try pyflame("-p", "\(program.pid)", "-s", "0.2", "-o", output)
        #expect(run.status == 0 && run.out.isEmpty && run.err.isEmpty, "\(run.err)")
        #expect(try content().contains("known_stacks.py:"))
    }

    /// At whatever moment pyflame is killed, the target goes on.
    @Test func killedPyflameLeavesTheTargetRunning() throws {
        let python = try #require(Interpreter.any)
        let code = "import sys\nwhile True:\n sum(range(5000))\n sys.stdout.write('.')\n sys.stdout.flush()"
        let program = try Child([python.command, "-c", code])
        #expect(eventually { !program.out.isEmpty })
        for _ in 0..<20 {
            let profiler = try Child([pyflamePath, "-p", "\(program.pid)", "-s", "1000", "-r", "0.0001"])
            #expect(eventually { isTraced(program.pid) })
            kill(profiler.pid, SIGKILL)
            _ = profiler.finish()
            let before = program.out.count
            #expect(eventually { program.out.count > before && !isTraced(program.pid) })
        }
    }

    @Test func positionalPID() throws {
        let python = try #require(Interpreter.any)
        let program = try python.start([fixture("known_stacks.py")])
        let run = try pyflame("\(program.pid)", "-s", "0")
        #expect(run.status == 0 && !run.out.isEmpty)
        #expect(run.err == "WARNING: Specifying a PID to trace without -p is deprecated\n")
    }

    @Test func helpAndVersion() throws {
        let help = try pyflame("--help")
        #expect(help.status == 0 && help.err.isEmpty && help.out.contains("--flamechart"))
        let version = try pyflame("-v")
        #expect(version.status == 0 && version.err.isEmpty)
        let pattern = #"^pyflame \d+\.\d+\.\d+ Linux \S+ \(ABI list: 26 27 33 34 35 36 37 38 39 310 311 312 313 314 315\)\n$"#
        #expect(version.out.range(of: pattern, options: .regularExpression) != nil, "\(version.out)")
    }
}
