import Foundation
import TestSupport
import Testing

/// `--top` in a real terminal: tmux has the screen, the keys and the terminal's state.
@Suite(.serialized) struct TopTests {
    /// A terminal with a shell in it, which runs what is typed.
    private final class Screen {
        let tmux: String
        private let folder: Folder
        private let server: Child
        private var socket: String { folder.file("tmux") }

        init?(columns: Int = 100, rows: Int = 30, environment: String = "LC_ALL=C.UTF-8") throws {
            guard let path = ["/usr/bin/tmux", "/bin/tmux", "/usr/local/bin/tmux"].first(where: {
                FileManager.default.isExecutableFile(atPath: $0)
            }) else {
                print("NOT TESTED: --top: no tmux on this machine (scripts/setup test installs it)")
                return nil
            }
            tmux = path
            folder = try Folder()
            // A shell without a prompt of its own to be mistaken for the screen.
            let shell = "env \(environment) PS1='$ ' ENV= /bin/sh"
            // In the foreground: a daemon would keep the descriptor by which Foundation sees a process end.
            server = try Child([tmux, "-S", folder.file("tmux"), "-f", "/dev/null", "-D"])
            try #require(eventually { FileManager.default.fileExists(atPath: folder.file("tmux")) })
            try command("new-session", "-d", "-x", "\(columns)", "-y", "\(rows)", shell)
            try #require(eventually { text.contains("$") })
        }

        deinit { _ = try? command("kill-server") }

        @discardableResult func command(_ arguments: String...) throws -> String {
            try Child([tmux, "-S", socket] + arguments).finish().out
        }

        var text: String { (try? command("capture-pane", "-p")) ?? "" }
        var isAlternate: Bool { (try? command("display-message", "-p", "#{alternate_on}")) == "1\n" }
        func press(_ keys: String...) throws { for key in keys { try command("send-keys", key) } }
        func type(_ line: String) throws {
            try command("send-keys", "-l", line)
            try press("Enter")
        }
        func file(_ name: String) -> String { folder.file(name) }
        func written(_ name: String) -> String { folder.text(name) }

        /// Runs pyflame between two looks at the terminal's state.
        func run(_ arguments: String, through prefix: String = "") throws {
            try type(
                "cd \(folder.path); stty -g >before; \(prefix) '\(pyflamePath)' \(arguments) 2>err; echo \"status $?\"; "
                    + "stty -g >after")
        }
        func expectRestored(_ what: String, status: String = "status 0") {
            #expect(eventually { text.contains(status) && !written("after").isEmpty }, "\(what): \(text)")
            #expect(!isAlternate, "\(what)")
            #expect(written("after") == written("before"), "\(what)")
            // Where a signal ended it the shell says so.
            if status == "status 0" { #expect(written("err").isEmpty, "\(what): \(written("err"))") }
        }
    }

    private func target() throws -> Child {
        let python = try #require(Interpreter.release("3.13") ?? Interpreter.any)
        return try python.start([fixture("modes.py")])
    }

    /// Per cent of itself of a function in the table; 0 when it is not there.
    private func share(_ function: String, in screen: String) -> Double {
        for line in screen.split(separator: "\n") {
            let words = line.split(separator: " ")
            // SELF % TOTAL % FUNCTION FILE
            if words.count > 5, words[1] == "%", words[4] == function { return Double(words[0]) ?? 0 }
        }
        return 0
    }

    @Test func keys() throws {
        let program = try target()
        guard let screen = try Screen() else { return }
        try screen.run("--top -r 0.005 -p \(program.pid)")
        #expect(eventually { screen.text.contains("inner ") && screen.text.contains("the;compress (") }, "\(screen.text)")
        #expect(screen.isAlternate)
        #expect(screen.text.contains(", PID \(program.pid), Python 3."))
        // In C, mostly without the GIL: another count shows it.
        #expect(share("compress", in: screen.text) < 30)
        try screen.press("m")
        #expect(
            eventually { share("compress", in: screen.text) > 30 && screen.text.contains("cpu threads") }, "\(screen.text)")
        try screen.press("l")
        #expect(eventually { screen.text.contains("LINE OF FUNCTION") }, "\(screen.text)")
        try screen.press("/", "s", "p", "i", "n", "Enter")
        #expect(eventually { screen.text.contains("filter spin") && !screen.text.contains("  compress  ") }, "\(screen.text)")
        try screen.press("h")
        #expect(eventually { screen.text.contains("save a flame graph") }, "\(screen.text)")
        try screen.press("p")
        #expect(eventually { screen.text.contains("PAUSED") }, "\(screen.text)")
        // Another size, at once.
        try screen.command("resize-window", "-x", "60", "-y", "15")
        #expect(
            eventually {
                let lines = screen.text.split(separator: "\n", omittingEmptySubsequences: false)
                return lines.contains { $0.hasPrefix(" PAUSED") && $0.hasSuffix("q quit") && $0.count <= 60 }
            }, "\(screen.text)")
        try screen.press("f")
        #expect(eventually { screen.text.contains("saved: pyflame-\(program.pid)-") }, "\(screen.text)")
        let saved = try FileManager.default.contentsOfDirectory(atPath: screen.file(".")).filter { $0.hasSuffix(".svg") }
        #expect(saved.count == 1 && saved.allSatisfy { screen.written($0).contains("compress") })
        try screen.press("q")
        screen.expectRestored("q")
    }

    /// A signal that the kernel itself sends (SI_KERNEL), as timers and terminals do, is no fault of pyflame's own: it
    /// ends it at once. A timer that was set before execve(2) goes on.
    @Test func restoresAfterATimer() throws {
        let program = try target()
        guard let screen = try Screen() else { return }
        let python = try #require(Interpreter.any)
        try screen.run(
            "--top -p \(program.pid)",
            through: "\(python.command) -c 'import os, signal, sys; signal.alarm(5); os.execv(sys.argv[1], sys.argv[1:])'")
        #expect(eventually { screen.text.contains("inner ") }, "\(screen.text)")
        screen.expectRestored("SIGALRM", status: "status \(128 + SIGALRM)")
    }

    /// However it ends, the terminal is as it was.
    @Test(arguments: ["TERM", "HUP", "INT", "SEGV", "ABRT", "QUIT", "USR1", "target"])
    func restores(_ end: String) throws {
        let program = try target()
        guard let screen = try Screen() else { return }
        try screen.run("--top -p \(program.pid)")
        #expect(eventually { screen.text.contains("inner ") }, "\(screen.text)")
        let found = try Child(["/usr/bin/env", "pgrep", "-f", "pyflame --top -p \(program.pid)$"]).finish().out
        let children = found.split(separator: "\n").compactMap { Int32($0) }.filter {
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\($0)/exe"))?.hasSuffix("/pyflame") == true
        }
        let pyflame = try #require(children.first, "\(found)")
        let numbers = ["TERM": SIGTERM, "HUP": SIGHUP, "INT": SIGINT, "SEGV": SIGSEGV, "ABRT": SIGABRT, "QUIT": SIGQUIT, "USR1": SIGUSR1]
        if let number = numbers[end] {
            kill(pyflame, number)
            let dies = [SIGSEGV, SIGABRT, SIGQUIT, SIGUSR1].contains(number)
            screen.expectRestored(end, status: "status \(dies ? 128 + number : 0)")
            #expect(program.process.isRunning)
        } else {
            kill(program.pid, SIGKILL)
            #expect(eventually { screen.text.contains("process \(program.pid) has ended") }, "\(screen.text)")
            try screen.press("q")
            screen.expectRestored(end)
        }
    }

    /// Its output is held back, its status is pyflame's, Ctrl-C is its own.
    @Test func command() throws {
        let python = try #require(Interpreter.any)
        guard let screen = try Screen() else { return }
        let code = """
            import sys, time
            print("said on the way")
            def work():
                while True: sum(range(1000))
            try: work()
            except KeyboardInterrupt: sys.exit(7)
            """
        try code.write(toFile: screen.file("program.py"), atomically: true, encoding: .utf8)
        try screen.run("--top -o seen.folded -t \(python.command) program.py")
        #expect(eventually { screen.text.contains("work  ") }, "\(screen.text)")
        #expect(!screen.text.contains("said on the way"))
        try screen.press("C-c")
        #expect(eventually { screen.text.contains("the command has ended, status 7") }, "\(screen.text)")
        try screen.press("q")
        #expect(eventually { screen.text.contains("status 7\n") }, "\(screen.text)")
        #expect(screen.text.contains("said on the way"), "\(screen.text)")
        #expect(!screen.isAlternate && eventually { screen.written("after") == screen.written("before") })
        #expect(screen.written("seen.folded").contains("program.py:work:4 "), "\(screen.written("seen.folded"))")
    }

    @Test func whereItCannotBe() throws {
        let program = try target()
        let plain = try pyflame("--top", "-p", "\(program.pid)")
        #expect(plain.status == 1 && plain.out.isEmpty && plain.err.hasPrefix("--top needs a terminal"), "\(plain)")
        guard let screen = try Screen() else { return }
        for (terminal, why) in [("TERM=dumb", "a terminal of the kind \"dumb\""), ("TERM=", "TERM is not set")] {
            try screen.type("\(terminal) '\(pyflamePath)' --top -p \(program.pid); echo \"status $?\"")
            #expect(eventually { screen.text.contains("status 1") && screen.text.contains(why) }, "\(screen.text)")
            try screen.command("send-keys", "-R")
            try screen.type("clear")
        }
    }
}
