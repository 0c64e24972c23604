import Foundation
import TestSupport
import Testing

/// Python may come late, through shells, shims and wrappers; it is found all the same.
@Suite(.serialized) struct LateTests {
    static let program = """
        import os, sys
        def busy():
            # Processor time: on a busy machine it lives longer. An exec does not reset it.
            start = sum(os.times()[:2])
            while sum(os.times()[:2]) < start + 0.4: sum(range(50))
        busy()
        sys.exit(int((sys.argv + ["0"])[1]))

        """

    @Test(arguments: Interpreter.eachMinor)
    func directly(_ python: Interpreter) throws {
        let folder = try Folder()
        let program = try folder.write("late.py", Self.program)
        let traced = try Traced([python.command, program, "7"])
        #expect(traced.status == 7 && traced.run.out.isEmpty && traced.run.err.isEmpty, "\(traced)")
        #expect(traced.profile.contains("late.py:busy:"), "\(traced)")
    }

    @Test(arguments: [
        ("exec PYTHON PROGRAM 5", Int32(5)),
        ("PYTHON PROGRAM 5; exit 6", 6),
        ("(PYTHON PROGRAM 5) | cat; exit 6", 6),
        ("true; true; env A=b PYTHON PROGRAM 5", 5),
        ("/bin/sh -c '/bin/sh -c \"PYTHON PROGRAM 5; exit 7\"; exit $?'", 7),
        ("PYTHON PROGRAM 5 & wait $!", 5),
    ])
    func fromShell(_ script: String, _ status: Int32) throws {
        let python = try #require(Interpreter.any)
        let folder = try Folder()
        let program = try folder.write("late.py", Self.program)
        let text = script.replacingOccurrences(of: "PYTHON", with: python.command)
            .replacingOccurrences(of: "PROGRAM", with: program)
        let traced = try Traced(["/bin/sh", "-c", text])
        #expect(traced.status == status && traced.run.err.isEmpty, "\(traced)")
        #expect(traced.profile.contains("late.py:busy:"), "\(traced)")
    }

    @Test func fromPathShebangAndShim() throws {
        let python = try #require(Interpreter.any)
        let folder = try Folder()
        try folder.write("late.py", Self.program)
        // As pyenv does it: a link to one script, which looks up what is meant and runs it.
        try folder.write("shim", "#!/bin/bash\nset -e\nprogram=${0##*/}\nexec env SHIM=\"$program\" \(python.command) \"$@\"\n")
        try FileManager.default.createSymbolicLink(
            atPath: folder.file("python3"), withDestinationPath: folder.file("shim"))
        let script = try folder.write("script", "#!/usr/bin/env python3\n" + Self.program)
        let path = ["PATH": folder.path + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "")]
        for (command, file) in [
            (["python3", folder.file("late.py"), "5"], "late.py"),
            (["/usr/bin/env", "python3", folder.file("late.py"), "5"], "late.py"),
            ([script, "5"], "script"),
            (["/bin/sh", "-c", "cd \(folder.path) && exec python3 -m late 5"], "late.py"),
        ] {
            let traced = try Traced(command, environment: path)
            #expect(traced.status == 5 && traced.run.err.isEmpty, "\(command): \(traced)")
            #expect(traced.profile.contains("\(file):busy:"), "\(command): \(traced)")
        }
    }

    @Test(arguments: Interpreter.eachMinor)
    func execsAnotherPython(_ python: Interpreter) throws {
        let next = try #require(Interpreter.any)
        let folder = try Folder()
        let program = try folder.write("late.py", Self.program)
        let first = try folder.write(
            "first.py",
            """
            import os

            while sum(os.times()[:2]) < 0.5: sum(range(50))
            os.execv("\(next.command)", ["python", "\(program)", "4"])
            """)
        let traced = try Traced([python.command, first])
        #expect(traced.status == 4 && traced.run.err.isEmpty, "\(traced)")
        #expect(traced.profile.contains("first.py:<module>:3"), "\(traced)")
        #expect(traced.profile.contains("late.py:busy:"), "\(traced)")
    }

    /// The thread that runs execve was never stopped, so it was not traced.
    @Test func execsFromThread() throws {
        let python = try #require(Interpreter.any)
        let folder = try Folder()
        let program = try folder.write("late.py", Self.program)
        let first = try folder.write(
            "first.py",
            """
            import os, threading

            while sum(os.times()[:2]) < 0.5: sum(range(50))
            run = lambda: os.execv("\(python.command)", ["python", "\(program)", "4"])
            thread = threading.Thread(target=run)
            thread.start()
            thread.join()
            """)
        let traced = try Traced([python.command, first])
        #expect(traced.status == 4 && traced.run.err.isEmpty, "\(traced)")
        #expect(traced.profile.contains("first.py:<module>:3"), "\(traced)")
        #expect(traced.profile.contains("late.py:busy:"), "\(traced)")
    }

    @Test func neverPython() throws {
        let script = "cat; for i in 1 2 3 4 5; do /bin/true; done; echo hello; echo woe >&2; exit 4"
        let traced = try Traced(["/bin/sh", "-c", script], input: "in\n")
        #expect(traced.status == 1)
        #expect(traced.run.out == "in\nhello\n")
        #expect(traced.run.err.hasPrefix("woe\nFailed to locate libpython"), "\(traced.run.err)")
        #expect(traced.profile.isEmpty)
    }

    @Test(arguments: ["no-such-command", "/nonexistent/command", "/etc/passwd", "/"])
    func cannotBeRun(_ command: String) throws {
        let run = try Child([pyflamePath, "-t", command]).finish()
        #expect(run.status == 1 && run.out.isEmpty)
        #expect(run.err.hasPrefix("Child process exited with status"), "\(run.err)")
    }
}
