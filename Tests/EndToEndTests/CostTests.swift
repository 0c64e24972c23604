import Foundation
import TestSupport
import Testing

/// What a sample costs in system calls, which does not depend on the machine; times are for the benchmarks.
@Suite(.serialized) struct CostTests {
    private static let deep = projectRoot.appendingPathComponent("Benchmarks/programs/deep.py").path
    private static let minors = ["2.7", "3.9", "3.11", "3.13", "3.15"]
    // Swift 6.0 does not survive a closure in a test's arguments, so these are worked out here.
    private static let followedMinors = ["3.9", "3.11", "3.13", "3.15"]
    /// Version, further threads and interval.
    private static let nonblockingCases: [(String, Int, String)] = minors.flatMap { minor in
        [(minor, 0, "0.0005"), (minor, 3, "0.0005"), (minor, 0, "0.0001"), (minor, 3, "0.0001")]
    }

    /// Depth, threads that wait, and options with the most calls that a sample may take.
    static let cases: [(depth: Int, others: Int, runs: [(options: [String], most: Int)])] = [
        (10, 0, [([], 8)]),
        (500, 0, [([], 8), (["--nonblocking"], 8)]),
        (50, 7, [(["--threads"], 8), (["--nonblocking"], 8)]),
        (10, 63, [([], 8), (["--threads"], 10), (["--threads", "--nonblocking"], 10)]),
    ]

    /// A pyflame that samples `program` until it is told to end, and has learnt by now what it always reads.
    private func sampling(_ program: Child, _ options: [String], in folder: Folder) throws -> Child {
        let pyflame = try Child(
            [pyflamePath, "-p", "\(program.pid)", "-s", "100000", "-r", "0.001", "--stats", "-o", folder.file("out")]
                + options)
        #expect(eventually { !pyflame.process.isRunning || sleeps(of: pyflame.pid) > 50 }, "\(pyflame.err)")
        return pyflame
    }

    /// How often the threads of a process have gone to sleep; pyflame does so for each sample at least.
    private func sleeps(of pid: Int32) -> Int {
        let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []
        return tasks.reduce(0) { count, task in
            let status = (try? String(contentsOfFile: "/proc/\(pid)/task/\(task)/status", encoding: .utf8)) ?? ""
            let line = status.split(separator: "\n").first { $0.hasPrefix("voluntary_ctxt_switches:") }
            return count + (line.flatMap { Int($0.split(separator: "\t").last ?? "") } ?? 0)
        }
    }

    private func end(_ pyflame: Child) -> Statistics {
        kill(pyflame.pid, SIGINT)
        let run = pyflame.finish()
        #expect(run.status == 0, "\(run.err)")
        return Statistics(text: run.err)
    }

    private struct Statistics {
        var text: String
        private func line(_ key: String) throws -> Substring {
            try #require(text.split(separator: "\n").first { $0.hasPrefix(key) }, "\(text)")
        }
        /// The first number in the line that begins so.
        func number(_ key: String) throws -> Double {
            try #require(line(key).split { " ,".contains($0) }.compactMap { Double($0) }.first, "\(text)")
        }
        /// Of what was counted for each sample.
        func median(_ key: String) throws -> Int {
            let words = try line(key).split { " ,".contains($0) }
            return try #require(words.last.flatMap { Int($0) }, "\(text)")
        }
    }

    /// Most samples are of the steady state. A busy machine, or a program that moves on, adds to some of them.
    @Test(arguments: minors)
    func callsPerSample(_ minor: String) throws {
        guard let python = Interpreter.release(minor) else {
            print("NOT TESTED: system calls per sample on \(minor): no interpreter could be had")
            return
        }
        let folder = try Folder()
        for (depth, others, runs) in Self.cases {
            let program = try python.start([Self.deep, "\(depth)", "\(others)", folder.file("rounds")])
            for (options, most) in runs where isX86 || !options.contains("--nonblocking") {
                let pyflame = try sampling(program, options, in: folder)
                #expect(eventually { sleeps(of: pyflame.pid) > 300 }, "\(pyflame.err)")
                let statistics = end(pyflame)
                let what = "\(python) depth \(depth), \(others) others, \(options): \(statistics.text)"
                #expect(try statistics.median("memory reads:") == 1, "\(what)")
                #expect(try statistics.median("system calls:") <= most, "\(what)")
                #expect(try !options.contains("--nonblocking") || statistics.number("stops:") == 0, "\(what)")
                #expect(try statistics.number("failed:") * 10 <= statistics.number("samples:"), "\(what)")
            }
        }
    }

    /// Threads that take the GIL from each other are followed from one to the next, not stopped. (2.7 passes
    /// it on every hundred instructions: a debug build cannot keep up with that.)
    @Test(arguments: followedMinors, [[], ["--threads"]])
    func handedOn(_ minor: String, _ options: [String]) throws {
        guard isX86, let python = Interpreter.release(minor) else {
            print("NOT TESTED: threads that take turns on \(minor): no interpreter, or not x86-64")
            return
        }
        let program = try python.start([
            "-c",
            """
            import sys, threading
            def work():
                while True:
                    for i in range(1000): pass
            threads = [threading.Thread(target=work) for _ in range(3)]
            for thread in threads:
                thread.daemon = True
                thread.start()
            sys.stdout.write("ready\\n")
            sys.stdout.flush()
            work()
            """,
        ])
        let folder = try Folder()
        let pyflame = try sampling(program, options, in: folder)
        #expect(eventually { sleeps(of: pyflame.pid) > 500 }, "\(pyflame.err)")
        let statistics = end(pyflame)
        #expect(try statistics.number("stops:") * 4 < statistics.number("samples:"), "\(python): \(statistics.text)")
        #expect(try statistics.number("failed:") * 20 <= statistics.number("samples:"), "\(python): \(statistics.text)")
    }

    /// Where new code runs all the time, half of the samples may need a second read.
    @Test(arguments: minors)
    func readsWhileTheProgramMovesOn(_ minor: String) throws {
        guard let python = Interpreter.release(minor) else {
            print("NOT TESTED: memory reads per sample on \(minor): no interpreter could be had")
            return
        }
        let program = try python.start([fixture("known_stacks.py")])
        let folder = try Folder()
        let pyflame = try sampling(program, [], in: folder)
        // The first samples find everything out.
        #expect(eventually { sleeps(of: pyflame.pid) > 1000 }, "\(pyflame.err)")
        let statistics = end(pyflame)
        #expect(try statistics.number("memory reads:") <= 2, "\(statistics.text)")
    }

    /// Nobody who sleeps is woken or stopped.
    @Test(arguments: [[], ["--threads"], ["--nonblocking"]])
    func idle(_ options: [String]) throws {
        guard let python = Interpreter.release("3.13") ?? Interpreter.any, isX86 || options != ["--nonblocking"] else {
            print("NOT TESTED: an idle target, \(options): not x86-64, or no interpreter could be had")
            return
        }
        let folder = try Folder()
        let program = try python.start([Self.deep, "10", "4", folder.file("rounds"), "idle"])
        // Until they all sleep.
        var before = -1
        #expect(
            eventually {
                defer { before = sleeps(of: program.pid) }
                usleep(20_000)
                return before == sleeps(of: program.pid)
            })
        let pyflame = try sampling(program, options, in: folder)
        #expect(eventually { sleeps(of: pyflame.pid) > 500 }, "\(pyflame.err)")
        let statistics = end(pyflame)
        #expect(sleeps(of: program.pid) == before, "\(options)")
        #expect(try statistics.number("stops:") == 0, "\(statistics.text)")
        #expect(try statistics.number("memory reads:") <= 3, "\(statistics.text)")
    }

    /// What `--stats` says of system calls is what the kernel counts. strace slows pyflame down so that it takes another
    /// way through a sample, and none at all with --nonblocking; so it is all calls together that are compared.
    @Test func statisticsAreTrue() throws {
        guard let python = Interpreter.any, FileManager.default.isExecutableFile(atPath: "/usr/bin/strace") else {
            print("NOT TESTED: whether system calls are counted rightly: no strace")
            return
        }
        let folder = try Folder()
        let program = try python.start([Self.deep, "50", "0", folder.file("rounds")])
        let run = try Child(
            ["/usr/bin/strace", "-f", "-o", folder.file("strace"), pyflamePath, "-p", "\(program.pid)", "-s", "1",
                "-r", "0.002", "--stats", "-o", folder.file("out"),
            ]
        ).finish()
        #expect(run.status == 0, "\(run.err)")
        // Pauses are not told: the target is given time in them, which no quiet machine needs.
        let calls = folder.text("strace").split(separator: "\n").filter {
            !$0.contains("<... ") && $0.contains("(") && !$0.contains("nanosleep(")
        }
        // From the first wait for a sample to the last one: the profile is written then.
        let first = try #require(calls.firstIndex { $0.contains("rt_sigtimedwait([HUP") })
        let last = try #require(calls.lastIndex { $0.contains("rt_sigtimedwait([HUP") })
        let statistics = Statistics(text: run.err)
        let samples = try statistics.number("samples:")
        let seen = Double(last - first + 1)
        let told = try statistics.number("system calls:") * samples
        // Told with one decimal; files that are opened and closed at the start and at the end are not told.
        #expect(abs(seen - told) < 0.1 * samples + 0.05 * seen + 60, "\(seen) calls seen; \(run.err)")
    }

    /// Never a stop, and never a stack that cannot be: also where another thread takes the GIL, and at a rate that
    /// cannot be kept.
    @Test(arguments: nonblockingCases)
    func nonblocking(_ minor: String, _ threads: Int, _ interval: String) throws {
        guard isX86, let python = Interpreter.release(minor) else {
            print("NOT TESTED: --nonblocking on \(minor): no interpreter, or not x86-64")
            return
        }
        let checker = try #require(Interpreter.all.last { $0.minor >= "3.6" || $0.minor.count > 3 })
        let program = try python.start([fixture("known_stacks.py"), "--threads", "\(threads)"])
        let folder = try Folder()
        let output = folder.file("known.folded")
        let run = try pyflame(
            ["-p", "\(program.pid)", "--nonblocking", "-s", "1", "-r", interval, "--stats", "-o", output]
                + (threads > 0 ? ["--threads"] : []))
        #expect(run.status == 0 && run.err.contains("stops:        0,"), "\(run.err)")
        #expect(!isTraced(program.pid))
        let check = try Child([checker.command, fixture("check_known_stacks.py"), output]).finish()
        #expect(check.status == 0 && check.out.contains(" impossible 0 "), "\(python): \(check.out)")
        #expect(!check.out.hasPrefix("samples 0 "), "\(check.out)")
        print("NONBLOCKING \(python.version), every \(interval), \(threads) more threads: \(check.out)")
    }

    /// A target that ends or becomes another program ends the profile, though nothing is traced.
    @Test(arguments: ["pass", "os.execv('/bin/sleep', ['sleep', '60'])"])
    func nonblockingEnd(_ end: String) throws {
        guard isX86, let python = Interpreter.any else {
            print("NOT TESTED: the end of a target under --nonblocking: not x86-64")
            return
        }
        let program = try python.start([
            "-c", "import os, sys\nprint('ready', flush=True)\nsys.stdin.readline()\n\(end)",
        ])
        let profiler = try Child([pyflamePath, "-p", "\(program.pid)", "--nonblocking", "-s", "1000"])
        #expect(eventually { waitsForATick(profiler.pid) })
        (program.process.standardInput as? Pipe)?.fileHandleForWriting.write(Data("\n".utf8))
        let run = profiler.finish()
        #expect(run.status == 0 && run.err.isEmpty, "\(run.err)")
    }

    /// Whether it samples: one of its threads sits in rt_sigtimedwait (128 on x86-64).
    private func waitsForATick(_ profiler: Int32) -> Bool {
        let tasks = "/proc/\(profiler)/task"
        return ((try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? []).contains {
            (try? String(contentsOfFile: "\(tasks)/\($0)/syscall", encoding: .utf8))?.hasPrefix("128 ") ?? false
        }
    }

    private var isX86: Bool {
        #if arch(x86_64)
            true
        #else
            false
        #endif
    }
}
