import Foundation
import TestSupport
import Testing

/// Status, files, errors, and what is left when pyflame is killed.
@Suite(.serialized) struct TreeRunTests {
    private static let spin = """
        import os, sys, time
        def spin(seconds):
            start = sum(os.times()[:2])
            while sum(os.times()[:2]) < start + seconds: sum(range(50))

        """

    @Test func theStatusIsTheCommandsOwn() throws {
        let python = try #require(Interpreter.any)
        let program = Self.spin + """
            pid = os.fork()
            if pid == 0:
                spin(0.3)
                os._exit(9)
            assert os.waitpid(pid, 0)[1] == 9 << 8
            spin(0.3)
            """
        for (end, status) in [("os._exit(7)", Int32(7)), ("os.kill(os.getpid(), 15); time.sleep(1000)", 128 + 15)] {
            let folder = try Folder()
            let run = try Child([
                pyflamePath, "--subprocesses", "-o", folder.file("profile.folded"), "-t", python.command, "-c",
                program + "\n" + end,
            ]).finish()
            #expect(run.status == status && run.out.isEmpty && run.err.isEmpty, "\(run)")
            let processes = Set(folder.text("profile.folded").split(separator: "\n").compactMap { line in
                line.hasPrefix("process ") ? line.split(separator: " ")[1] : nil
            })
            #expect(processes.count == 2, "\(folder.text("profile.folded"))")
        }
    }

    @Test func aFileForEach() throws {
        let family = try Family("fork", try #require(Interpreter.any))
        let output = family.folder.file("profile.folded")
        let run = try Child(
            [pyflamePath, "--per-process", "-r", "0.005", "-o", output, "-t"] + family.command, input: "go\n"
        ).finish()
        #expect(run.status == 0 && run.out == "ready\ndone\n" && run.err.isEmpty, "\(run)")
        #expect(!FileManager.default.fileExists(atPath: output))
        let ledger = family.ledger
        #expect(ledger.count == 3)
        for (pid, label) in ledger {
            let profile = family.folder.text("profile.\(pid).folded")
            #expect(profile.contains(":burn_\(label):"), "\(pid) \(label): \(profile)")
            for line in profile.split(separator: "\n") where !line.hasPrefix("(") {
                #expect(line.hasPrefix("process \(pid) ("), "\(line)")
            }
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: family.folder.path)
        #expect(names.filter { $0.hasPrefix("profile.") }.count >= 3 && !names.contains { $0.hasSuffix(".tmp") }, "\(names)")
    }

    @Test func filesThatCannotBe() throws {
        let folder = try Folder()
        for (output, beginning) in [(folder.path, "Cannot write one file per process"), ("/nonexistent/a", "")] {
            let run = try Child([pyflamePath, "--per-process", "-o", output, "-t", "/bin/true"]).finish()
            #expect(run.status == 1 && run.out.isEmpty && !run.err.isEmpty && run.err.hasPrefix(beginning), "\(run)")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    @Test func tracksInAChromeTrace() throws {
        let family = try Family("fork", try #require(Interpreter.any))
        let output = family.folder.file("profile.json")
        let run = try Child(
            [pyflamePath, "--subprocesses", "-r", "0.005", "-o", output, "-t"] + family.command, input: "go\n"
        ).finish()
        #expect(run.status == 0 && run.err.isEmpty, "\(run)")
        let data = try #require(FileManager.default.contents(atPath: output))
        let json = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let events = try #require(json["traceEvents"] as? [[String: Any]])
        for (pid, label) in family.ledger {
            let own = events.filter { $0["pid"] as? Int == Int(pid) }
            let names = own.filter { $0["name"] as? String == "process_name" }
                .compactMap { ($0["args"] as? [String: Any])?["name"] as? String }
            #expect(names.count == 1 && names[0].hasPrefix("process \(pid) ("), "\(names)")
            #expect(own.contains { $0["name"] as? String == "burn_\(label)" })
            #expect(own.filter { $0["ph"] as? String == "B" }.count == own.filter { $0["ph"] as? String == "E" }.count)
        }
    }

    @Test func theRootNeedNotBePython() throws {
        let python = try #require(Interpreter.any)
        let script = "'\(python.command)' -c 'import sys\nprint(1, flush=True)\nwhile True: sum(range(50))'; exit $?"
        let shell = try Child(["/bin/sh", "-c", script])
        defer { endAll(below: shell.pid) }
        #expect(eventually { shell.out.contains("1") })
        for options in [["-s", "0.3"], ["-s", "0"], ["--dump"]] {
            let run = try Child([pyflamePath, "--subprocesses", "-p", "\(shell.pid)"] + options).finish()
            #expect(run.status == 0 && run.err.isEmpty, "\(options): \(run)")
            #expect(run.out.contains("process ") && run.out.contains("<string>:<module>:3"), "\(options): \(run)")
            #expect(!run.out.contains("(sh)"))
        }
    }

    @Test func noPythonAtAll() throws {
        let shell = try Child(["/bin/sh", "-c", "sleep 1000; exit $?"])
        defer { endAll(below: shell.pid) }
        #expect(eventually { children(of: shell.pid).count == 1 })
        for options in [["-s", "0.2"], ["-s", "0"], ["--dump"]] {
            let run = try Child([pyflamePath, "--subprocesses", "-p", "\(shell.pid)"] + options).finish()
            #expect(run.status == 1 && run.out.isEmpty, "\(options): \(run)")
            #expect(run.err.hasPrefix("Failed to locate libpython: none of the 2 processes"), "\(options): \(run.err)")
        }
        let trace = try Child([pyflamePath, "--subprocesses", "-t", "/bin/sh", "-c", "true; /bin/true; exit 3"]).finish()
        #expect(trace.status == 1 && trace.err.hasPrefix("Failed to locate libpython"), "\(trace)")
    }

    /// One that cannot be read is counted and told of; the others are profiled.
    @Test func oneOfThemCannotBeRead() throws {
        let python = try #require(Interpreter.any)
        let program = Self.spin + """
            import subprocess
            subprocess.Popen(["\(python.command)", "-c", "import time\\nprint('child', flush=True)\\ntime.sleep(1000)"])
            while True: spin(1)
            """
        let parent = try Child([python.command, "-c", program])
        defer { endAll(below: parent.pid) }
        #expect(eventually { parent.out.contains("child") })
        let child = try #require(children(of: parent.pid).first)
        let other = try Child([pyflamePath, "-s", "1000", "-p", "\(child)"])
        #expect(eventually { isTraced(child) })
        let run = try Child([pyflamePath, "--subprocesses", "--stats", "-s", "0.5", "-p", "\(parent.pid)"]).finish()
        #expect(run.status == 0 && run.out.contains("process \(parent.pid) (") && !run.out.contains("process \(child) ("))
        #expect(run.err.contains("2 seen: 1 sampled, 0 too short-lived, 0 not Python, 1 unreadable"), "\(run.err)")
        #expect(run.err.contains("unreadable:   Failed to seize PID \(child): it is already traced by process \(other.pid)"), "\(run.err)")
    }

    /// Whenever pyflame is killed, nobody is left stopped, and all children end as they should.
    @Test(arguments: [Watch.kernel, .trace])
    func killedWhileChildrenAreBorn(_ watch: Watch) throws {
        let python = try #require(Interpreter.any)
        let storm = """
            import os, sys
            print("ready", flush=True)
            for number in range(\(watch == .trace ? 600 : 1500)):
                pid = os.fork()
                if pid == 0: os._exit(number % 100)
                assert os.waitpid(pid, 0)[1] == number % 100 << 8
            print("done", flush=True)
            """
        for attempt in 0..<5 {
            let folder = try Folder()
            let log = folder.file("log")
            // The shell outlives pyflame, and so does what it started.
            let command = ["\(python.command)", "-c", storm]
            let arguments = ["--subprocesses", "-r", "0.002", "-o", folder.file("profile")]
            let program: Child?
            let profiler: Child
            if watch == .trace {
                program = nil
                profiler = try Child(
                    ["/bin/sh", "-c", "log=$1; shift; exec \"$@\" >\"$log\" 2>&1", "sh", log, pyflamePath] + arguments
                        + ["-t"] + command)
                #expect(eventually { folder.text("log").contains("ready") })
            } else {
                let started = try Child(command)
                #expect(eventually { started.out.contains("ready") })
                program = started
                profiler = try Child([pyflamePath] + arguments + ["-s", "1000", "-p", "\(started.pid)"])
                #expect(eventually { isTraced(started.pid) || started.out.contains("done") })
            }
            // Each time at another moment of the storm.
            usleep(UInt32(attempt * 7_000))
            kill(profiler.pid, SIGKILL)
            _ = profiler.finish()
            // If anybody were left stopped, it would never be done.
            #expect(
                eventually(seconds: 60) { (program?.out ?? folder.text("log")).contains("done") },
                "\(watch), attempt \(attempt): \(program?.err ?? folder.text("log"))")
            if let program { #expect(program.finish().status == 0) }
        }
    }
}
