import Foundation
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

    @Test func foldedLines() throws {
        let python = try #require(Interpreter.any)
        let program = try python.start([fixture("known_stacks.py")])
        let run = try pyflame("-p", "\(program.pid)", "-s", "1", "-n")
        #expect(run.status == 0 && run.err.isEmpty)
        let lines = run.out.split(separator: "\n")
        #expect(!lines.isEmpty && Set(lines).count == lines.count)
        var stacks = Set<Substring>()
        for line in lines {
            let space = try #require(line.lastIndex(of: " "))
            #expect((Int(line[line.index(after: space)...]) ?? 0) > 0, "\(line)")
            #expect(stacks.insert(line[..<space]).inserted, "twice: \(line)")
        }
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
