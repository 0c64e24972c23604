import Foundation
import TestSupport
import Testing

/// Signals and children of the command are none of pyflame's business.
@Suite(.serialized) struct SignalTests {
    /// One sample in ten seconds: nothing may wait for the next.
    private static let seldom = ["-r", "10"]

    /// Also where SIGCHLD is ignored, which tells a tracer of stops.
    @Test(arguments: ["", "trap '' CHLD; "])
    func arriveAtOnce(_ before: String) throws {
        let python = try #require(Interpreter.any)
        let folder = try Folder()
        let program = try folder.write(
            "count.py",
            """
            import os, signal, time
            seen = 0
            def handler(*_):
                global seen
                seen += 1
            signal.signal(signal.SIGUSR1, handler)
            signal.signal(signal.SIGALRM, handler)
            while sum(os.times()[:2]) < 0.4: sum(range(50))
            begin = time.time()
            for i in range(100):
                os.kill(os.getpid(), signal.SIGUSR1)
                while seen < 2 * i + 1: pass
                signal.setitimer(signal.ITIMER_REAL, 0.0001)
                while seen < 2 * i + 2: pass
            print(seen, time.time() - begin < 5)
            """)
        let script = before + "exec \"$0\" \"$@\""
        let run = try Child(
            ["/bin/sh", "-c", script, pyflamePath] + Self.seldom
                + ["-o", folder.file("p"), "-t", python.command, program]
        ).finish()
        #expect(run.status == 0 && run.out == "200 True\n", "\(run)")
    }

    @Test func toPyflameReachCommand() throws {
        let python = try #require(Interpreter.any)
        let folder = try Folder()
        let program = try folder.write(
            "wait.py",
            """
            import signal, sys
            def handler(*_): sys.exit(9)
            signal.signal(signal.SIGTERM, handler)
            def busy():
                while True: sum(range(50))
            print("ready")
            sys.stdout.flush()
            busy()
            """)
        let child = try Child([pyflamePath, "-o", folder.file("p"), "-t", python.command, program])
        #expect(eventually { child.out == "ready\n" })
        kill(child.pid, SIGTERM)
        #expect(child.finish().status == 9)
        #expect(!folder.text("p").isEmpty)
    }

    /// A stopped command stays stopped, whatever the sampler does, and goes on when it is told to.
    @Test(arguments: ["exec ", ""])
    func groupStop(_ exec: String) throws {
        let python = try #require(Interpreter.any)
        let folder = try Folder()
        let program = try folder.write(
            "wait.py",
            """
            import os, sys, time
            print(os.getpid())
            sys.stdout.flush()
            while not os.path.exists("\(folder.file("go"))"): sum(range(50))
            """)
        let child = try Child([
            pyflamePath, "-r", "1ms", "-o", folder.file("p"), "-t", "/bin/sh", "-c",
            "\(exec)\(python.command) \(program)",
        ])
        #expect(eventually { child.out.hasSuffix("\n") })
        let pid = try #require(Int32(child.out.dropLast()))
        kill(pid, SIGSTOP)
        #expect(eventually { state(pid).map { "tT".contains($0) } ?? false })
        func ticks() -> String { // utime
            let text = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
            return text.split(separator: " ").dropFirst(13).first.map(String.init) ?? ""
        }
        let before = ticks()
        // Samples go on meanwhile: a switch for each.
        let begin = switches(child.pid)
        #expect(eventually { switches(child.pid) > begin + 50 })
        #expect(ticks() == before && state(pid).map { "tT".contains($0) } ?? false)
        kill(pid, SIGCONT)
        try folder.write("go", "")
        #expect(child.finish().status == 0)
        #expect(!folder.text("p").isEmpty)
    }

    /// How often the threads of a process have waited for something.
    private func switches(_ pid: Int32) -> Int {
        let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []
        return tasks.map { task in
            let status = try? String(contentsOfFile: "/proc/\(pid)/task/\(task)/status", encoding: .utf8)
            let line = status?.split(separator: "\n").first { $0.hasPrefix("voluntary_ctxt_switches") }
            return line?.split(separator: "\t").last.flatMap { Int($0) } ?? 0
        }.reduce(0, +)
    }

    @Test func childrenRunFree() throws {
        let python = try #require(Interpreter.any)
        let folder = try Folder()
        let program = try folder.write(
            "fork.py",
            """
            import os, signal, subprocess, time
            while sum(os.times()[:2]) < 0.4: sum(range(50))
            for i in range(20):
                pid = os.fork()
                if pid == 0: os._exit(i)
                assert os.waitpid(pid, 0)[1] >> 8 == i
            pid = os.fork()
            if pid == 0:
                signal.pause()
            os.kill(pid, signal.SIGKILL)
            assert os.waitpid(pid, 0)[1] == 9
            assert subprocess.call(["/bin/sh", "-c", "exit 3"]) == 3
            if os.fork() == 0:
                # Outlives the command and its profiler.
                parent = os.getppid()
                while os.getppid() == parent: time.sleep(0.01)
                with open("\(folder.file("outlived"))", "w") as file: file.write("yes")
                os._exit(0)
            """)
        let traced = try Traced([python.command, program])
        #expect(traced.status == 0 && traced.run.err.isEmpty, "\(traced)")
        #expect(eventually { folder.text("outlived") == "yes" })
    }

    /// The shell ends, its background job lives on.
    @Test func wrapperLeavesChildBehind() throws {
        let python = try #require(Interpreter.any)
        let folder = try Folder()
        let program = try folder.write(
            "stay.py",
            """
            import os
            parent = os.getppid()
            open("\(folder.file("begun"))", "w").close()
            while os.getppid() == parent: sum(range(50))
            with open("\(folder.file("outlived"))", "w") as file: file.write("yes")
            """)
        let script = "\(python.command) \(program) & while [ ! -e \(folder.file("begun")) ]; do sleep 0.01; done; "
            + "sleep 0.1; exit 6"
        let traced = try Traced(["/bin/sh", "-c", script])
        #expect(traced.status == 6, "\(traced)")
        #expect(eventually { folder.text("outlived") == "yes" })
        #expect(traced.profile.contains("stay.py:<module>"), "\(traced)")
    }
}
