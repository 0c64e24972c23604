import Foundation
import TestSupport
import Testing

/// Targets in which threads, processes, code and frames come and go all the time.
///
/// PYFLAME_CHURN_SAMPLES: how many of each mode, on each interpreter.
@Suite(.serialized) struct ChurnTests {
    private static let wanted = amount("PYFLAME_CHURN_SAMPLES", short: 100)
    private static let modes: [(mode: String, from: String)] = [
        ("threads", "2.7"), ("forks", "2.7"), ("generators", "2.7"), ("coroutines", "3.6"), ("recursion", "2.7"),
        ("code", "2.7"), ("interpreters", "3.9"),
    ]

    private static func isAtLeast(_ minor: String, _ least: String) -> Bool {
        minor.compare(least, options: .numeric) != .orderedAscending
    }

    @Test(arguments: wanted > 100 ? versions : ["2.7", "3.9", "3.13"])
    func stacks(_ minor: String) throws {
        guard let python = interpreters([minor], for: "churn").first,
            let checker = Interpreter.all.last(where: { Self.isAtLeast($0.minor, "3.6") })
        else { return }
        for (mode, from) in Self.modes where Self.isAtLeast(minor, from) {
            var samples = 0
            var failed = 0
            for round in 0..<1000 where samples < Self.wanted {
                let program = try python.start([fixture("churn.py"), mode])
                let folder = try Folder()
                // Debug builds of pyflame are slow with 10,000 frames: not so many of these.
                let rate = round % 2 == 0 ? "0.001" : "0.0002"
                let run = try pyflame(
                    ["-n", "-p", "\(program.pid)", "-r", rate, "-s", Self.wanted > 100 ? "10" : "0.4", "-o", folder.file("folded")]
                        + (round % 2 == 0 ? ["--threads"] : []))
                #expect(run.status == 0 && run.err.isEmpty, "\(python) \(mode): \(run.err)")
                let check = try Child([checker.command, fixture("churn.py"), "--check", folder.file("folded")]).finish()
                #expect(check.status == 0, "\(python) \(mode): \(check.out)\(check.err)")
                let words = check.out.split(whereSeparator: \.isWhitespace)
                samples += words.count > 1 ? Int(words[1]) ?? 0 : 0
                failed += words.count > 7 ? Int(words[7]) ?? 0 : 0
                #expect(stoppedThreads(program.pid).isEmpty)
                if mode == "recursion" && Self.wanted <= 100 { break }
            }
            print("CHURN \(python.version) \(mode): \(samples) samples, 0 impossible, \(failed) failed")
            #expect(samples > 0 && failed * 20 < max(samples, 20))
        }
    }

    /// A target that ends, or becomes another program, at any moment: no error, and soon over.
    @Test(arguments: ["2.7", "3.9", "3.13"])
    func exits(_ minor: String) throws {
        guard let python = interpreters([minor], for: "exits").first else { return }
        for round in 0..<(Self.wanted > 100 ? 200 : 10) {
            let program = try python.start([fixture("churn.py"), round % 2 == 0 ? "threads" : "forks"])
            let profiler = try Child([pyflamePath, "-p", "\(program.pid)", "-r", "0.0001", "-s", "10000", "--threads"])
            #expect(eventually { statusField("TracerPid", of: program.pid) != "0" })
            usleep(randomMoment(below: 20_000))
            if round % 3 == 0 {
                kill(program.pid, SIGKILL)
            } else {
                (program.process.standardInput as? Pipe)?.fileHandleForWriting.closeFile()
            }
            let run = profiler.finish()
            #expect(run.status == 0 && run.err.isEmpty, "\(run.err)")
        }
    }

    /// execve by a thread that is not the leader, again and again; the profile ends with the first program.
    @Test func executions() throws {
        let python = try #require(Interpreter.any)
        let program = try python.start([fixture("churn.py"), "execs", python.command])
        for _ in 0..<(Self.wanted > 100 ? 100 : 4) {
            let run = try pyflame(["-n", "-p", "\(program.pid)", "-r", "0.0005", "-s", "100"])
            // Either it was there in time, or it came upon a process that was just becoming another.
            #expect(run.status == 0 || run.err.contains("Failed to"), "\(run.err)")
            #expect(program.process.isRunning && stoppedThreads(program.pid).isEmpty)
        }
    }
}
