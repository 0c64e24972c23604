import Foundation
import TestSupport
import Testing

/// Targets and surroundings that are not the ordinary ones.
@Suite(.serialized) struct SituationTests {
    private static func subinterpreter(_ work: String) -> String {
        """
        import os, sys
        code = '''import sys, time
        def inner():
            sys.stdout.write('ready')
            sys.stdout.flush()
        \(work)
        inner()
        '''
        def by_hand():
            try:
                from _testcapi import run_in_subinterp
                run_in_subinterp(code)
            except ImportError:
                try:
                    from ctypes import c_void_p, pythonapi
                except ImportError:
                    os._exit(77)
                pythonapi.Py_NewInterpreter.restype = c_void_p
                pythonapi.Py_NewInterpreter()
                pythonapi.PyRun_SimpleString(code)
        def outer():
            try:
                import _interpreters
            except ImportError:
                try:
                    import _xxsubinterpreters
                except ImportError:
                    by_hand()
                    return
                _xxsubinterpreters.run_string(_xxsubinterpreters.create(), code)
                return
            getattr(_interpreters, 'exec')(_interpreters.create(), code)
        outer()
        """
    }

    /// Two thread states in one thread, in two interpreters; from 3.12 on with a GIL each.
    @Test(arguments: Interpreter.all)
    func subinterpreters(_ python: Interpreter) throws {
        for (work, options) in [
            ("    time.sleep(100000)", ["--dump"]),
            ("    while True: time.time()", ["-s", "0.5", "-r", "0.002"]),
            ("    while True: time.time()", ["-s", "0.5", "-r", "0.002", "--threads"]),
        ] {
            let program = try python.start(["-c", Self.subinterpreter(work)])
            guard program.out.contains("ready") else {
                #expect(program.finish().status == 77, "\(python): \(program.err)")
                print("NOT TESTED: sub-interpreters of \(python): no module there makes one")
                return
            }
            let run: Finished
            if options == ["--dump"] {
                // Until it sleeps.
                var last = try pyflame(options + ["-p", "\(program.pid)"])
                #expect(
                    eventually {
                        last = (try? pyflame(options + ["-p", "\(program.pid)"])) ?? last
                        return last.out.contains(":inner:5\n")
                    })
                run = last
                let stacks = run.out.components(separatedBy: "\n\n").map { $0.split(separator: "\n").dropFirst() }
                #expect(
                    stacks.contains { $0.first?.hasSuffix(":inner:5") == true && $0.last?.hasSuffix(":<module>:6") == true },
                    "\(python): \(run.out)")
                #expect(stacks.contains { $0.contains { $0.contains(":outer:") } }, "\(python): \(run.out)")
            } else {
                run = try pyflame(options + ["-p", "\(program.pid)"])
                #expect(
                    run.out.split(separator: "\n").contains { $0.contains(":<module>:6;") && $0.contains(":inner:5 ") },
                    "\(python) \(options): \(run.out)")
            }
            #expect(run.status == 0 && run.err.isEmpty, "\(python) \(options): \(run.err)")
        }
    }

    /// The thread that runs is marked, and no other.
    @Test(arguments: Interpreter.all)
    func theHolderIsMarked(_ python: Interpreter) throws {
        let code = """
            import sys, threading, time
            def spin():
                while True: sum(range(100))
            t = threading.Thread(target=time.sleep, args=(100000,))
            t.daemon = True
            t.start()
            time.sleep(0.05)
            sys.stdout.write('ready')
            sys.stdout.flush()
            spin()
            """
        let program = try python.start(["-c", code])
        // Between two bytecodes it may have let go of the GIL.
        #expect(
            eventually {
                guard let dump = try? pyflame("--dump", "-p", "\(program.pid)"), dump.status == 0 else { return false }
                let marked = dump.out.components(separatedBy: "\n\n").filter { $0.contains("*:\n") }
                return marked.count == 1 && marked[0].contains(":spin:3\n")
            }, "\(python)")
    }

    @Test func oneSample() throws {
        let python = try #require(Interpreter.any)
        let program = try python.start([fixture("known_stacks.py")])
        let run = try pyflame("-p", "\(program.pid)", "-s", "0")
        #expect(run.status == 0 && run.err.isEmpty)
        #expect(run.out.split(separator: "\n").count == 1 && run.out.hasSuffix(" 1\n"))
    }

    @Test func layoutThatDoesNotExist() throws {
        guard let python = Interpreter.release("3.9") else {
            print("NOT TESTED: --layout offsets on 3.9: no interpreter could be had")
            return
        }
        let program = try python.start([fixture("known_stacks.py")])
        let run = try pyflame("-p", "\(program.pid)", "--layout", "offsets")
        #expect(run.status == 1 && run.out.isEmpty)
        #expect(run.err.contains("has no layout offsets"), "\(run.err)")
    }

    @Test func outputThatFails() throws {
        let python = try #require(Interpreter.any)
        let program = try python.start([fixture("known_stacks.py")])
        func shell(_ script: String) throws -> Finished {
            try Child(["/bin/sh", "-c", script.replacingOccurrences(of: "PYFLAME", with: "'\(pyflamePath)' -p \(program.pid) -s 0.1")])
                .finish()
        }
        for script in ["PYFLAME -o /dev/full", "PYFLAME >/dev/full", "PYFLAME >&-"] {
            let run = try shell(script)
            #expect(run.status == 1 && run.out.isEmpty && !run.err.isEmpty, "\(script): \(run)")
            #expect(!run.err.contains("Fatal"))
        }
        // A reader that has left already is no news to anyone.
        let piped = try shell("{ PYFLAME; echo $? >&2; } | true")
        #expect(piped.err == "141\n" || piped.err == "0\n", "\(piped)")
        #expect(program.process.isRunning)
    }

    @Test func anotherUsersProcess() throws {
        let setpriv = "/usr/bin/setpriv"
        let asNobody = [setpriv, "--reuid", "65534", "--regid", "65534", "--clear-groups", pyflamePath]
        guard geteuid() == 0, FileManager.default.isExecutableFile(atPath: setpriv),
            try Child(asNobody + ["--version"]).finish().status == 0
        else {
            print("NOT TESTED: another user's process: it takes root, setpriv and a build that all may run")
            return
        }
        let python = try #require(Interpreter.any)
        let program = try python.start([fixture("known_stacks.py")])
        let run = try Child(asNobody + ["-p", "\(program.pid)"]).finish()
        #expect(run.status == 1 && run.out.isEmpty)
        #expect(run.err.hasPrefix("Failed to seize PID \(program.pid): it belongs to another user (uid 0"), "\(run.err)")
        #expect(run.err.contains("CAP_SYS_PTRACE"))
    }

    /// The smallest 32-bit program that there is: pause() for ever.
    @Test func thirtyTwoBits() throws {
        var image: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        func add(_ values: UInt32...) {
            for value in values { image += withUnsafeBytes(of: value.littleEndian) { Array($0) } }
        }
        let base: UInt32 = 0x0804_8000
        add(3 << 16 | 2, 1, base + 84, 52, 0, 0, 32 << 16 | 52, 1, 0)
        add(1, 0, base, base, 100, 100, 5, 0x1000)
        // mov eax, 29; int 0x80; jmp back
        image += [0xb8, 29, 0, 0, 0, 0xcd, 0x80, 0xeb, 0xf7]
        image += [UInt8](repeating: 0, count: 100 - image.count)
        let path = temporaryPath("thirtytwo")
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(image).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        guard let program = try? Child([path]), eventually(seconds: 1, { !program.process.isRunning }) == false else {
            print("NOT TESTED: a 32-bit process: this kernel runs none")
            return
        }
        let run = try pyflame("-p", "\(program.pid)")
        #expect(run.status == 1 && run.out.isEmpty)
        #expect(run.err.hasPrefix("Unsupported process \(program.pid)") && run.err.contains("32-bit"), "\(run.err)")
    }
}
