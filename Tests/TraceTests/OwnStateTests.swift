import Foundation
import TestSupport
import Testing

/// What the command was given is its own: input, environment, signals, descriptors, process group.
@Suite(.serialized) struct OwnStateTests {
    /// Alive long enough to be found, then `code`. Processor time: on a busy machine it lives longer.
    private static func program(_ code: String) -> String {
        "import os\n\nwhile sum(os.times()[:2]) < 0.4: sum(range(50))\n" + code
    }

    @Test(arguments: [(0, Int32(0)), (7, 7), (255, 255)])
    func exitStatus(_ code: Int, _ status: Int32) throws {
        let python = try #require(Interpreter.any)
        let traced = try Traced([python.command, "-c", Self.program("import os; os._exit(\(code))")])
        #expect(traced.status == status && traced.run.err.isEmpty, "\(traced)")
    }

    @Test(arguments: [SIGTERM, SIGKILL, SIGSEGV, SIGINT])
    func killedBySignal(_ signal: Int32) throws {
        let python = try #require(Interpreter.any)
        let die = "import os, signal\nif \(signal) == 2: signal.signal(2, signal.SIG_DFL)\nos.kill(os.getpid(), \(signal))"
        let traced = try Traced([python.command, "-c", Self.program(die)])
        #expect(traced.status == 128 + signal && traced.run.err.isEmpty, "\(traced)")
        #expect(traced.profile.contains("<string>:<module>:3"), "\(traced)")
    }

    @Test func inputAndEnvironment() throws {
        let python = try #require(Interpreter.any)
        let show = Self.program("import os, sys\nprint(sys.stdin.read())\nprint(sorted(os.environ.items()), os.getcwd())")
        let input = String(repeating: "line\n", count: 50_000)
        let variables = ["PYFLAME_TEST": "a b", "EMPTY": ""]
        let plain = try Child([python.command, "-c", show], input: input, environment: variables).finish()
        let traced = try Traced([python.command, "-c", show], input: input, environment: variables)
        #expect(traced.status == 0 && traced.run.out == plain.out)
        #expect(plain.out.contains("PYFLAME_TEST"))
    }

    /// Started with signals blocked and ignored and a descriptor open: all of it arrives as it was.
    @Test(arguments: ["", "signal.signal(signal.SIGCHLD, signal.SIG_IGN)"])
    func signalsAndDescriptors(_ more: String) throws {
        let python = try #require(Interpreter.any)
        let folder = try Folder()
        let launcher = try folder.write(
            "launcher.py",
            """
            import os, signal, sys
            for number in (signal.SIGINT, signal.SIGHUP): signal.signal(number, signal.SIG_IGN)
            \(more)
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2, signal.SIGTERM])
            os.closerange(3, 100)
            os.dup2(0, 9)
            os.execv(sys.argv[1], sys.argv[1:])
            """)
        let look = try folder.write(
            "look.py",
            Self.program(
                """
                import os
                for line in open("/proc/self/status"):
                    if line.startswith(("SigBlk", "SigIgn", "SigCgt")):
                        # 32 and 33 are the C library's own.
                        print(line[:6], hex(int(line[7:], 16) & ~(3 << 31)))
                def known(fd):
                    try: return os.readlink("/proc/self/fd/" + fd)
                    except OSError: return None
                print([fd for fd in sorted(os.listdir("/proc/self/fd")) if known(fd)])
                """))
        let group = "import os; print(os.getpgrp() == os.getpgid(os.getppid()), os.getsid(0) == os.getsid(os.getppid()))"
        let plain = try Child([python.command, launcher, python.command, look]).finish()
        let traced = try Child([
            python.command, launcher, pyflamePath, "-o", folder.file("profile"), "-t", python.command, look,
        ]).finish()
        #expect(plain.out.contains("SigBlk") && plain.out.contains("'9'"), "\(plain)")
        #expect(traced.status == 0 && traced.out == plain.out, "\(traced) \(plain)")
        #expect(try Traced([python.command, "-c", Self.program(group)]).run.out == "True True\n")
    }

    @Test func closedOutput() throws {
        let python = try #require(Interpreter.any)
        let folder = try Folder()
        let code = Self.program("import os\ntry: os.write(1, b'x')\nexcept OSError: os._exit(3)")
        let script = "exec \"$0\" -o \"$1\" -t \"$2\" -c \"$3\" >&-"
        let run = try Child(["/bin/sh", "-c", script, pyflamePath, folder.file("p"), python.command, code]).finish()
        #expect(run.status == 3 && run.err.isEmpty, "\(run)")
        #expect(folder.text("p").contains("<string>:<module>:3"))
    }

    @Test func optionsAsWithPID() throws {
        let python = try #require(Interpreter.any)
        let folder = try Folder()
        let program = try folder.write(
            "sleepy.py",
            """
            import os, threading, time
            def busy():

                while sum(os.times()[:2]) < 0.5: sum(range(50))
            def wait(): done.wait()
            done = threading.Event()
            thread = threading.Thread(target=wait)
            thread.start()
            busy()
            time.sleep(0.3)
            done.set()
            thread.join()
            """)
        func profile(_ options: String...) throws -> String {
            let traced = try Traced([python.command, program], options)
            #expect(traced.status == 0 && traced.run.err.isEmpty, "\(traced)")
            return traced.profile
        }
        let plain = try profile()
        #expect(plain.contains("sleepy.py:busy:4") && plain.contains("(idle) "))
        #expect(try !profile("-x").contains("(idle)"))
        #expect(try profile("-n").contains("sleepy.py:busy "))
        #expect(try profile("--threads").contains("sleepy.py:wait:5;"))
        let chart = try profile("--flamechart").split(separator: "\n")
        let times = stride(from: 0, to: chart.count, by: 2).compactMap { UInt64(chart[$0]) }
        #expect(times.count * 2 == chart.count && times == times.sorted() && times.count > 20)
        #expect(chart.contains { $0.hasSuffix("sleepy.py:busy:4;") })
        let abi = python.version.split(separator: ".").prefix(2).joined()
        #expect(try profile("--abi=\(abi)").contains("sleepy.py:busy:4"))
        // What does not decode so is no Python that could be read, and the command runs all the same.
        let wrong = try Traced([python.command, program], ["--abi=27"])
        #expect(wrong.status == 1 && wrong.run.err.hasPrefix("Failed to locate libpython"), "\(wrong)")
    }
}
