import Foundation
import Sampler
import TestSupport
import Testing

@testable import Host

/// On a terminal: Ctrl-C, and the line of progress.
@Suite(.serialized) struct TerminalTests {
    /// Runs a command on a terminal of its own. Arguments: what to type, after which output, the command.
    /// Prints the status, then all that the terminal showed.
    private static let driver = """
        import os, pty, select, sys
        keys, after, command = sys.argv[1], sys.argv[2], sys.argv[3:]
        pid, terminal = pty.fork()
        if pid == 0: os.execv(command[0], command)
        shown = b""
        while True:
            if not select.select([terminal], [], [], 60)[0]: os.killpg(pid, 9)
            try: data = os.read(terminal, 4096)
            except OSError: break
            if not data: break
            shown += data
            if keys and after.encode() in shown:
                os.write(terminal, keys.encode())
                keys = ""
        status = os.waitpid(pid, 0)[1]
        print(status >> 8 if status & 127 == 0 else 128 + (status & 127))
        sys.stdout.flush()
        os.write(1, shown)
        """

    private func onTerminal(
        _ command: [String], keys: String = "", after: String = "", kind: String = "xterm"
    ) throws -> (status: Int32, shown: String) {
        let python = try #require(Interpreter.any)
        let run = try Child(
            [python.command, "-c", Self.driver, keys, after] + command, environment: ["TERM": kind]
        ).finish()
        let newline = try #require(run.out.unicodeScalars.firstIndex(of: "\n"), "\(run)")
        return (
            try #require(Int32(String(run.out[..<newline]))),
            String(run.out.unicodeScalars[newline...].dropFirst())
        )
    }

    private static let spin = "import sys\nprint('rea' + 'dy')\nsys.stdout.flush()\nwhile True: sum(range(50))"

    @Test func interruptKey() throws {
        let python = try #require(Interpreter.any)
        let folder = try Folder()
        let (status, shown) = try onTerminal(
            [pyflamePath, "-o", folder.file("p"), "-t", python.command, "-c", Self.spin],
            keys: "\u{3}", after: "ready")
        #expect(status == 130 && shown.contains("KeyboardInterrupt"), "\(shown)")
        #expect(!folder.text("p").isEmpty)
    }

    @Test func interruptKeyThatTheCommandTakes() throws {
        let python = try #require(Interpreter.any)
        let folder = try Folder()
        let code = """
            import sys
            try:
                print('rea' + 'dy')
                sys.stdout.flush()
                while True: sum(range(50))
            except KeyboardInterrupt:
                sys.exit(5)
            """
        let (status, _) = try onTerminal(
            [pyflamePath, "-o", folder.file("p"), "-t", python.command, "-c", code],
            keys: "\u{3}", after: "ready")
        #expect(status == 5)
        #expect(!folder.text("p").isEmpty)
    }

    @Test func progress() throws {
        let python = try #require(Interpreter.any)
        let folder = try Folder()
        let target = try Child([python.command, "-c", Self.spin])
        #expect(eventually { target.out.contains("ready") })
        func profile(_ seconds: String, kind: String = "xterm") throws -> String {
            let (status, shown) = try onTerminal(
                [pyflamePath, "-s", seconds, "-p", "\(target.pid)", "-o", folder.file("p")], kind: kind)
            #expect(status == 0)
            return shown
        }
        let shown = try profile("1.5")
        #expect(shown.hasPrefix("\rpyflame: 0:0") && shown.contains(" Hz"), "\(shown)")
        #expect(shown.hasSuffix("\r\u{1b}[K") && !shown.contains("\n"), "\(shown)")
        #expect((2...7).contains(shown.split(separator: "\r").count), "\(shown)")
        #expect(try profile("0.5").isEmpty)
        #expect(try profile("1.5", kind: "dumb").isEmpty)
        // Off a terminal nothing at all.
        let run = try Child([pyflamePath, "-s", "1.2", "-p", "\(target.pid)", "-o", folder.file("p")]).finish()
        #expect(run.status == 0 && run.out.isEmpty && run.err.isEmpty, "\(run)")
        // Ctrl-C ends the sampling, and the profile is written.
        let (status, cut) = try onTerminal(
            [pyflamePath, "-s", "600", "-p", "\(target.pid)", "-o", folder.file("q")],
            keys: "\u{3}", after: "left")
        #expect(status == 0 && cut.hasSuffix("\r\u{1b}[K") && !folder.text("q").isEmpty, "\(cut)")
    }

    /// Under -t the terminal is the command's.
    @Test func noProgressOverTheCommand() throws {
        let python = try #require(Interpreter.any)
        let folder = try Folder()
        let code = "import time\nend = time.time() + 1.3\nwhile time.time() < end: sum(range(50))"
        let (status, shown) = try onTerminal(
            [pyflamePath, "-o", folder.file("p"), "-t", python.command, "-c", code])
        #expect(status == 0 && shown.isEmpty, "\(shown)")
    }

    @Test func lineOfProgress() {
        var statistics = Statistics()
        statistics.samples = 1001
        statistics.failed = 3
        statistics.idle = 250
        func text(_ elapsed: UInt64, of duration: UInt64) -> String {
            ProgressLine(
                elapsed: elapsed * 1_000_000, duration: duration * 1_000_000_000, interval: 10_000_000,
                statistics: statistics
            ).text
        }
        #expect(
            text(10_240, of: 20)
                == "pyflame: 0:10 left, 1001 samples, 24 missed, 3 failed, 24% idle, 97.7 Hz")
        #expect(text(10_000, of: 20).contains(" 0 missed"))
        #expect(text(10_001, of: 3611).hasPrefix("pyflame: 1:00:01 left"))
        #expect(text(30_000, of: 20).hasPrefix("pyflame: 0:00 left"))
        statistics = Statistics()
        #expect(text(0, of: 2) == "pyflame: 0:02 left, 0 samples, 1 missed, 0 failed, 0% idle, 0.0 Hz")
    }
}
