import Foundation
import TestSupport
import Testing

/// Programs that run while they are read.
@Suite(.serialized) struct BusyTests {
    /// Not one impossible stack, in a program whose possible stacks are known.
    @Test(arguments: ["2.7", "3.9", "3.11", "3.12", "3.13", "3.15"])
    func knownStacks(_ minor: String) throws {
        guard let python = Interpreter.release(minor) else {
            print("NOT TESTED: known stacks on \(minor): no interpreter could be had")
            return
        }
        let checker = try #require(Interpreter.all.last { $0.minor >= "3.6" || $0.minor.count > 3 })
        let wanted = Int(ProcessInfo.processInfo.environment["PYFLAME_BUSY_SAMPLES"] ?? "") ?? 20_000
        var samples = 0
        var failed = 0
        for round in 0..<60 where samples < wanted {
            // One busy thread, and several that pass the GIL around.
            let threaded = round % 2 == 1
            let program = try python.start([fixture("known_stacks.py"), "--threads", threaded ? "3" : "0"])
            let output = temporaryPath("known.folded")
            defer { try? FileManager.default.removeItem(atPath: output) }
            let run = try pyflame(
                ["-p", "\(program.pid)", "-s", "5", "-r", "0.0003", "-o", output]
                    + (threaded ? ["--threads"] : []))
            #expect(run.status == 0 && run.err.isEmpty, "\(run.err)")
            let check = try Child([checker.command, fixture("check_known_stacks.py"), output]).finish()
            #expect(check.status == 0, "\(python): \(check.out)")
            // "samples N impossible M idle I failed F"
            let words = check.out.split(whereSeparator: \.isWhitespace)
            func number(after word: Substring) -> Int {
                words.firstIndex(of: word).flatMap { Int(words[$0 + 1]) } ?? 0
            }
            #expect(number(after: "impossible") == 0)
            samples += number(after: "samples")
            failed += number(after: "failed")
        }
        print("KNOWN STACKS \(python.version): \(samples) samples, 0 impossible, \(failed) failed")
        #expect(samples >= wanted)
        #expect(failed * 100 < samples)
    }

    /// Without a GIL, where all threads that are attached run at once.
    @Test(arguments: [[], ["--threads"]])
    func freeThreaded(_ options: [String]) throws {
        guard let python = Interpreter.all.last(where: { $0.kind == "freethreaded" }) else {
            print("NOT TESTED: known stacks on a free-threaded build: no such interpreter here")
            return
        }
        let program = try python.start([fixture("known_stacks.py"), "--threads", "3"])
        let output = temporaryPath("known.folded")
        defer { try? FileManager.default.removeItem(atPath: output) }
        var samples = 0
        for _ in 0..<60 where samples < 1000 {
            let run = try pyflame(["-p", "\(program.pid)", "-s", "2", "-r", "0.002", "-o", output] + options)
            #expect(run.status == 0 && run.err.isEmpty, "\(run.err)")
            let check = try Child([python.command, fixture("check_known_stacks.py"), output]).finish()
            #expect(check.status == 0 && check.out.contains("impossible 0 "), "\(check.out)")
            samples += check.out.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        }
        #expect(samples >= 1000)
        print("KNOWN STACKS \(python.version) free-threaded \(options): \(samples) samples, 0 impossible")
    }

    /// Each line is a stack and a count, no stack comes twice, and the counts are those of the samples.
    @Test(arguments: [[], ["-n"], ["-x"], ["--threads"]])
    func foldedLines(_ options: [String]) throws {
        let python = try #require(Interpreter.any)
        let program = try Child([python.command, fixture("busy.py")])
        // Until it is past its imports.
        #expect(eventually { try! pyflame("--dump", "-p", "\(program.pid)").out.contains("main:") })
        let run = try pyflame(["-p", "\(program.pid)", "-s", "1", "--stats"] + options)
        #expect(run.status == 0, "\(run.err)")
        var stacks: [String: Int] = [:]
        for line in run.out.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            let match = try #require(try /(.+) (\d+)/.wholeMatch(in: line), "\(line)")
            let stack = String(match.1)
            #expect(stacks.updateValue(Int(match.2) ?? 0, forKey: stack) == nil, "twice: \(line)")
            guard !stack.hasPrefix("(") else { continue }
            #expect(stack.contains("busy.py:"), "\(stack)")
            for frame in stack.split(separator: ";", omittingEmptySubsequences: false) {
                let pattern = options == ["-n"] ? /.+:[^:]+/ : /.+:[^:]+:\d+/
                #expect(try pattern.wholeMatch(in: frame) != nil, "\(frame)")
            }
        }
        #expect(run.out.hasSuffix("\n") && stacks.keys.contains { $0.contains("one_day") })

        func number(_ key: String) throws -> Int {
            let line = try #require(run.err.split(separator: "\n").first { $0.hasPrefix(key) })
            return try #require(line.split(separator: " ").dropFirst().first.flatMap { Int($0) })
        }
        let samples = try number("samples:")
        let idle = try number("idle:")
        let missed = try number("missed:")
        let sum = stacks.values.reduce(0, +)
        #expect(samples > 0 && samples + missed <= 101)
        // One busy thread, so one stack a sample; with --threads also while it is idle.
        if options != ["--threads"] { #expect(sum == samples - (options == ["-x"] ? idle : 0)) }
        #expect(stacks["(idle)"] ?? 0 == (options == ["-x"] ? 0 : idle))
    }

    @Test func flamegraph() throws {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        let found = folders.map { "\($0)/flamegraph.pl" }.first { FileManager.default.isExecutableFile(atPath: $0) }
        guard let flamegraph = found else {
            print("NOT TESTED: flamegraph.pl: it is not on PATH")
            return
        }
        let python = try #require(Interpreter.any)
        let program = try Child([python.command, fixture("busy.py")])
        #expect(eventually { try! pyflame("--dump", "-p", "\(program.pid)").out.contains("main:") })
        let output = temporaryPath("flame.folded")
        defer { try? FileManager.default.removeItem(atPath: output) }
        #expect(try pyflame("-p", "\(program.pid)", "-s", "1", "-o", output).status == 0)
        let drawn = try Child([flamegraph, output]).finish()
        // It would say so when it could not read a line.
        #expect(drawn.status == 0 && !drawn.err.contains("Ignored"), "\(drawn.err)")
        #expect(drawn.out.contains("</svg>") && drawn.out.contains("one_day"))
    }

    /// Sleeping threads are not even seized, so nothing can interrupt them.
    @Test func idleTargetIsNeverStopped() throws {
        let python = try #require(Interpreter.any)
        let program = try Child([python.command, "-c", "import time\nprint('ready', flush=True)\ntime.sleep(600)"])
        _ = eventually { program.out.contains("ready") }
        for options in [[], ["--threads"]] {
            let run = try pyflame(["--stats", "-p", "\(program.pid)", "-r", "0.002"] + options)
            #expect(run.status == 0)
            #expect(run.err.contains("stops:        0,"), "\(run.err)")
        }
    }

    @Test func targetThatEndsIsNoError() throws {
        let python = try #require(Interpreter.any)
        let program = try Child([
            python.command, "-c",
            "import sys, time\nprint('ready', flush=True)\nsys.stdin.readline()\nend = time.time() + 1\nwhile time.time() < end: pass",
        ])
        _ = eventually { program.out.contains("ready") }
        let profiler = try Child([pyflamePath, "-p", "\(program.pid)", "-s", "100", "--threads"])
        // Until it has attached.
        #expect(eventually { isTraced(program.pid) })
        (program.process.standardInput as? Pipe)?.fileHandleForWriting.write(Data("\n".utf8))
        let run = profiler.finish()
        #expect(run.status == 0 && run.err.isEmpty, "\(run.err)")
        #expect(!run.out.isEmpty)
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func signalEndsSampling(_ signal: Int32) throws {
        let python = try #require(Interpreter.any)
        let program = try python.start([fixture("known_stacks.py")])
        let output = temporaryPath("signal.folded")
        defer { try? FileManager.default.removeItem(atPath: output) }
        let profiler = try Child([pyflamePath, "-p", "\(program.pid)", "-s", "1000", "-o", output])
        #expect(eventually { isTraced(program.pid) })
        kill(profiler.pid, signal)
        let run = profiler.finish()
        #expect(run.status == 0 && run.err.isEmpty, "\(run.err)")
        #expect(FileManager.default.fileExists(atPath: output))
        #expect(program.process.isRunning)
    }
}

/// Whether somebody traces `pid`.
func isTraced(_ pid: Int32) -> Bool {
    let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
    return status.contains("TracerPid:") && !status.contains("TracerPid:\t0\n")
}
