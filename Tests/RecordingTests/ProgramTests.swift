import Foundation
import TestSupport
import Testing

@testable import Recording

/// `--record` and `--replay`, with real programs.
struct ProgramTests {
    private func pyflame(_ arguments: String...) throws -> Finished {
        try Child([pyflamePath] + arguments).finish()
    }

    private func load(_ path: String) throws -> (recording: Recording, sections: [Sections.Section]) {
        let file = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        return (try Recording(file), try Sections.unpack(file))
    }

    /// A secret in arguments, environment, locals, globals and constants, of text and of bytes.
    private static let program = """
        import os, sys, time
        SECRETS = [os.environ["TOKEN"], sys.argv[1], sys.argv[1].encode("ascii")]
        def inner(number, *rest, **names):
            local = sys.argv[1] + "!"
            constant = "constant-swordfish"
            listed = [local, constant]
            print("ready")
            sys.stdout.flush()
            time.sleep(600)
            return listed
        def outer(argument):
            inner(0x7377307264316649, argument, keyword=argument)
        outer(sys.argv[1])
        """

    @Test(arguments: Interpreter.all)
    func noSecrets(_ python: Interpreter) throws {
        let folder = try Folder()
        let script = try folder.write("program.py", Self.program)
        let child = try Child(
            [python.command, script, "argument-swordfish"], environment: ["TOKEN": "environment-swordfish"])
        try #require(eventually { child.out.contains("ready") || !child.process.isRunning }, "\(child.err)")
        let file = folder.file("recording")
        let recorded = try pyflame("--record", file, "-p", "\(child.pid)")
        try #require(recorded.status == 0 && recorded.out.isEmpty && recorded.err.isEmpty, "\(python): \(recorded.err)")

        let (recording, sections) = try load(file)
        #expect(recording.stacks.map { $0.frames.map(\.name) } == [["inner", "outer", "<module>"]])
        #expect(recording.stacks[0].frames.map(\.line) == [9, 12, 13])
        let numbers = withUnsafeBytes(of: 0x7377_3072_6431_6649) { Array($0) }
        for section in sections {
            #expect(section.content.firstRange(of: Array("swordfish".utf8)) == nil, "\(python) \(section.tag)")
            // Small integers are kept in the words of their objects.
            #expect(section.content.firstRange(of: numbers) == nil, "\(python) \(section.tag)")
        }
        // Nor what it has in its head: the whole is the names in the stacks, and numbers.
        #expect(recording.memory.bytes.firstRange(of: Array("SECRETS".utf8)) == nil)
        #expect(recording.memory.bytes.firstRange(of: Array("keyword".utf8)) == nil)

        let dump = try pyflame("--dump", "-p", "\(child.pid)")
        let replay = try pyflame("--replay", file)
        #expect(replay.status == 0 && replay.err.isEmpty, "\(python): \(replay.err)")
        #expect(replay.out == dump.out)
        let probe = try pyflame("--replay", file, "--probe")
        #expect(probe.status == 0 && !probe.out.contains("swordfish"))
        #expect(probe.out.contains("interpreter: Python \(python.version) ") && probe.out.contains("  outer\n"))
    }

    /// A recording whose stacks are not what its memory decodes to.
    @Test func differences() throws {
        let folder = try Folder()
        let file = folder.file("recording")
        let python = try #require(Interpreter.any)
        let child = try python.start(["-c", "import time\ndef f():\n    print('ready', flush=True)\n    time.sleep(600)\nf()"])
        #expect(try pyflame("--record", file, "-p", "\(child.pid)").status == 0)
        var recording = try load(file).recording

        func replayed(_ changed: Recording) throws -> Finished {
            try Data(changed.encoded()).write(to: URL(fileURLWithPath: file))
            return try pyflame("--replay", file)
        }
        #expect(try replayed(recording).err == "")
        recording.truth = recording.stacks
        #expect(try replayed(recording).err == "")
        // A program does not say where its functions begin.
        recording.truth?[0].frames[0].firstLine = 0
        #expect(try replayed(recording).err == "")
        recording.truth?[0].frames[1].line = 99
        let untrue = try replayed(recording)
        #expect(untrue.status == 1 && untrue.out.contains("<string>:f:4\n"))
        #expect(untrue.err.contains("than the program itself had: thread ") && untrue.err.contains("frame 1 from the leaf"))
        recording.truth = nil
        recording.stacks[0].frames.removeLast()
        let other = try replayed(recording)
        #expect(other.status == 1 && other.err.contains("decodes to other stacks than pyflame"))
        #expect(other.err.contains("<string>:<module>:5 (of a function that begins at 1) now, nothing then"))
        recording.target.decoder = "Py99"
        #expect(try replayed(recording).err.contains("has no decoder Py99"))
    }

    @Test func errors() throws {
        let folder = try Folder()
        let foreign = try folder.write("foreign", "main;work 7\n")
        let sleep = try Child(["/bin/sleep", "600"])
        let answers = [
            try pyflame("--replay", foreign), try pyflame("--replay", folder.file("missing")),
            try pyflame("--replay", folder.path), try pyflame("--replay", "/dev/null"),
            try pyflame("--record", folder.file("none") + "/file", "-p", "\(sleep.pid)"),
            try pyflame("--record", folder.file("file"), "-p", "\(sleep.pid)"),
            try pyflame("--replay", foreign, "-p", "1"), try pyflame("--record", foreign, "--dump", "-p", "1"),
        ]
        let expected = [
            "it is not a recording of pyflame", "No such file", "Is a directory", "it is not a recording of pyflame",
            "No such file", "Failed to locate libpython", "not mutually compatible", "not mutually compatible",
        ]
        for (answer, text) in zip(answers, expected) {
            #expect(answer.status == 1 && answer.out.isEmpty && answer.err.contains(text), "\(text): \(answer.err)")
        }
        // Nothing is left where nothing was recorded.
        #expect(!FileManager.default.fileExists(atPath: folder.file("file")))
        #expect(folder.text("foreign") == "main;work 7\n")
    }
}
