import Foundation
import TestSupport
import Testing

/// `-t`: the command is its own master, and Python is found however late it comes.
@Suite(.serialized) struct TraceTests {
    private static let spin = "import sys, time\nend = time.time() + 0.5\nwhile time.time() < end: sum(range(50))\n"

    private func trace(_ command: [String], _ options: [String] = []) throws -> (run: Finished, profile: String) {
        let output = temporaryPath("trace.folded")
        defer { try? FileManager.default.removeItem(atPath: output) }
        let run = try pyflame(options + ["-o", output, "-t"] + command)
        return (run, (try? String(contentsOfFile: output, encoding: .utf8)) ?? "")
    }

    @Test(arguments: Interpreter.all)
    func statusAndProfile(_ python: Interpreter) throws {
        let (run, profile) = try trace([python.command, "-c", Self.spin + "sys.exit(7)"])
        #expect(run.status == 7 && run.out.isEmpty && run.err.isEmpty, "\(run)")
        #expect(profile.contains("<string>:<module>"), "\(python): \(profile)")
    }

    @Test func killedBySignal() throws {
        let python = try #require(Interpreter.any)
        let (run, profile) = try trace([python.command, "-c", Self.spin + "import os; os.kill(os.getpid(), 15)"])
        #expect(run.status == 128 + 15)
        #expect(profile.contains("<string>:<module>"))
    }

    @Test func pythonComesLate() throws {
        let python = try #require(Interpreter.any)
        let program = temporaryPath("late.py")
        defer { try? FileManager.default.removeItem(atPath: program) }
        try Self.spin.write(toFile: program, atomically: true, encoding: .utf8)
        for script in [
            "exec \(python.command) \(program)", "\(python.command) \(program); exit 3",
            "env A=b \(python.command) \(program) | cat",
        ] {
            let (run, profile) = try trace(["/bin/sh", "-c", script])
            #expect(run.status == (script.hasSuffix("3") ? 3 : 0), "\(script): \(run)")
            #expect(profile.contains("late.py:<module>"), "\(script): \(profile)")
        }
    }

    @Test func neverPython() throws {
        let run = try pyflame("-t", "/bin/sh", "-c", "echo hello; exit 4")
        #expect(run.status == 1)
        #expect(run.out == "hello\n")
        #expect(run.err.hasPrefix("Failed to locate libpython"), "\(run.err)")
    }

    @Test func notRunnable() throws {
        let run = try pyflame("-t", "/nonexistent/command")
        #expect(run.status == 1 && run.out.isEmpty)
        #expect(run.err.hasPrefix("Child process exited with status"), "\(run.err)")
    }

    /// Masks, dispositions and descriptors are those that pyflame was given.
    @Test func commandsOwnState() throws {
        let python = try #require(Interpreter.any)
        // Signals 32 and 33 are glibc's own; what an exec leaves of them means nothing.
        let look = [
            python.command, "-c",
            Self.spin + """
                import os
                status = open('/proc/self/status').read()
                def mask(key): return int(status.split(key + ':')[1].split()[0], 16) & ~(3 << 31)
                print(mask('SigBlk'), mask('SigIgn'), len(os.listdir('/proc/self/fd')))
                print(sorted(os.environ))
                print(os.getpgid(0) == os.getpgid(os.getppid()))
                """,
        ]
        let plain = try Child(look).finish()
        let traced = try trace(look).run
        #expect(traced.status == 0)
        // Foundation gives its children a process group of their own; pyflame does not.
        #expect(plain.out.hasSuffix("\nFalse\n") && traced.out.hasSuffix("\nTrue\n"))
        #expect(traced.out.split(separator: "\n").dropLast() == plain.out.split(separator: "\n").dropLast())
    }

    @Test func signalsArriveAtOnce() throws {
        let python = try #require(Interpreter.any)
        let count = """
            import os, signal, time
            seen = 0
            def handler(*_):
                global seen
                seen += 1
            signal.signal(signal.SIGUSR1, handler)
            for i in range(200):
                os.kill(os.getpid(), signal.SIGUSR1)
                while seen <= i: pass
            print(seen)
            """
        // One sample in ten seconds: none of the signals may wait for it.
        let (run, _) = try trace([python.command, "-c", count], ["-r", "10"])
        #expect(run.status == 0 && run.out == "200\n", "\(run)")
    }

    @Test func childrenRunFree() throws {
        let python = try #require(Interpreter.any)
        let fork = Self.spin + """
            import os
            for i in range(20):
                pid = os.fork()
                if pid == 0: os._exit(i)
                assert os.waitpid(pid, 0)[1] >> 8 == i
            assert os.system('true') == 0
            """
        let (run, _) = try trace([python.command, "-c", fork])
        #expect(run.status == 0, "\(run.err)")
    }
}
