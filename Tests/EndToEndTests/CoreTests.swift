import Foundation
import TestSupport
import Testing

/// `--core`: the process that died last night.
@Suite(.serialized) struct CoreTests {
    /// Why the kernel writes no core into a process's folder here; nil when it does.
    private static let obstacle: String? = {
        let pattern = (try? String(contentsOfFile: "/proc/sys/kernel/core_pattern", encoding: .utf8)) ?? ""
        return pattern.hasPrefix("core") ? nil : "core_pattern is \(pattern.trimmingCharacters(in: .whitespacesAndNewlines))"
    }()

    /// Starts a command in `folder` that may leave a core there.
    private static func mayDump(_ command: [String], in folder: Folder) -> [String] {
        ["/bin/sh", "-c", "ulimit -c unlimited && cd \"$0\" && exec \"$@\"", folder.path] + command
    }

    /// Ends the process; the path of its core.
    private func core(of child: Child, in folder: Folder) throws -> String {
        kill(child.pid, SIGABRT)
        child.process.waitUntilExit()
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        return folder.file(try #require(names.first { $0.hasPrefix("core") }, "no core: \(names)"))
    }

    @Test(arguments: ["2.7 release", "3.9 release", "3.11 release", "3.13 release", "3.14 release", "3.15 debug"])
    func trueStacks(_ name: String) throws {
        let parts = name.split(separator: " ").map(String.init)
        guard Self.obstacle == nil, let python = Interpreter.all.first(where: { $0.minor == parts[0] && $0.kind == parts[1] })
        else {
            print("NOT TESTED: core dump of Python \(name): \(Self.obstacle ?? "no such interpreter")")
            return
        }
        let folder = try Folder()
        let parked = try ParkedProgram(Self.mayDump([python.command], in: folder))
        let live = try pyflame("--dump", "-p", parked.pid)
        let core = try core(of: parked.program, in: folder)
        let result = try parked.compare([], "core of \(name)", target: ["--core", core])
        #expect(result.equalThreads == result.threads)
        #expect(try pyflame("--core", core).out == live.out)
        let probe = try pyflame("--probe", "--core", core)
        #expect(probe.out.contains("interpreter: Python \(python.version)") && probe.out.contains("from \(core)"))
        print("CORE\t\(name)\t\(result.threads) threads\t\(result.frames) frames\tall equal")
    }

    /// gdb's, too; where it has lost a part of the memory, the rest is shown.
    @Test(arguments: ["2.7", "3.9", "3.13"])
    func gcore(_ minor: String) throws {
        let gcore = ["/usr/bin/gcore", "/bin/gcore"].first { FileManager.default.isExecutableFile(atPath: $0) }
        guard let gcore, let python = Interpreter.release(minor) else {
            print("NOT TESTED: gcore of Python \(minor): \(gcore == nil ? "no gcore (gdb)" : "no such interpreter")")
            return
        }
        let folder = try Folder()
        let program = try folder.write(
            "program.py", "import sys, time\ndef outer(): inner()\ndef inner():\n    print('ready'); sys.stdout.flush()\n    time.sleep(600)\nouter()\n")
        let child = try python.start([program])
        let made = try Child([gcore, "-o", folder.file("core"), "\(child.pid)"]).finish()
        try #require(made.status == 0, "\(made.err)")
        let live = try pyflame("--dump", "-p", "\(child.pid)")
        let dead = try pyflame("--dump", "--core", folder.file("core.\(child.pid)"))
        #expect(dead.err == "" && dead.status == 0)
        #expect(dead.out == live.out && dead.out.contains("program.py:inner:5\n"))
    }

    @Test(arguments: ["2.7", "3.9", "3.11", "3.13"])
    func holder(_ minor: String) throws {
        guard Self.obstacle == nil, let python = Interpreter.release(minor) else {
            print("NOT TESTED: the GIL in a core of Python \(minor)")
            return
        }
        let folder = try Folder()
        let source = "import sys\ndef busy():\n    sys.stdout.write('ready'); sys.stdout.flush()\n    while True: pass\nbusy()\n"
        let child = try Child(Self.mayDump([python.command, "-c", source], in: folder))
        try #require(eventually { child.out.contains("ready") })
        let dump = try pyflame("--dump", "--core", try core(of: child, in: folder))
        #expect(dump.out.contains("*:\n<string>:busy:4\n<string>:<module>:5\n"), "\(dump.out)\(dump.err)")
    }

    /// An interpreter that has been deleted since, and a copy of it.
    @Test func exe() throws {
        guard Self.obstacle == nil, let python = Interpreter.release("3.10") ?? Interpreter.release("3.13") else {
            print("NOT TESTED: --exe")
            return
        }
        let folder = try Folder()
        let original = URL(fileURLWithPath: python.command).resolvingSymlinksInPath()
        let copy = folder.file("python")
        try FileManager.default.copyItem(atPath: original.path, toPath: copy)
        let prefix = original.deletingLastPathComponent().deletingLastPathComponent()
        let child = try Child(
            Self.mayDump([copy, "-c", "import time\nprint('ready', flush=True)\ntime.sleep(600)"], in: folder),
            environment: ["PYTHONHOME": prefix.path, "LD_LIBRARY_PATH": prefix.appendingPathComponent("lib").path])
        guard eventually({ child.out.contains("ready") || !child.process.isRunning }), child.process.isRunning else {
            print("NOT TESTED: --exe: a copy of \(python) does not run: \(child.err)")
            return
        }
        let core = try core(of: child, in: folder)
        #expect(try pyflame("--core", core).out.hasSuffix("<string>:<module>:3\n"))
        try Data("another file".utf8).write(to: URL(fileURLWithPath: copy))
        let without = try pyflame("--core", core)
        // Where the interpreter is in a library of its own, the program is not needed.
        if without.status != 0 {
            #expect(without.err.contains("\(copy) is not the file that was mapped any more") && without.err.contains("--exe"))
        }
        let with = try pyflame("--core", core, "--exe", original.path)
        #expect(with.status == 0 && with.out.hasSuffix("<string>:<module>:3\n"), "\(with.err)")
        let wrong = try pyflame("--core", core, "--exe", "/bin/sh")
        #expect(wrong.status == 1 && wrong.err.contains("is none of the files that the process had mapped"))
    }

    @Test func foreignFiles() throws {
        let folder = try Folder()
        var header = [UInt8](repeating: 0, count: 64)
        header.replaceSubrange(0..<7, with: [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
        func core(_ changes: (inout [UInt8]) -> Void) throws -> String {
            var bytes = header
            bytes[16] = 4  // ET_CORE
            bytes[18] = 62  // x86-64
            bytes[20] = 1
            bytes[32] = 64  // program headers behind the header
            bytes[54] = 56
            changes(&bytes)
            let path = folder.file(UUID().uuidString)
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            return path
        }
        let cases: [(String, String)] = [
            (folder.file("missing"), "No such file"), (folder.path, "no regular file"),
            (try folder.write("text", "no core at all"), "not an ELF file"), ("/bin/sh", "not a core dump"),
            (try core { $0[4] = 1 }, "32-bit"), (try core { $0[18] = 0x15 }, "another kind of machine"),
            (try core { _ in }, "no program headers"), (try core { $0[56] = 9 }, "cut off"),
        ]
        for (path, text) in cases {
            let answer = try pyflame("--dump", "--core", path)
            #expect(answer.status == 1 && answer.out.isEmpty, "\(path)")
            #expect(answer.err.hasPrefix("Failed to read core dump") && answer.err.contains(text), "\(text): \(answer.err)")
        }
        #expect(try pyflame("--core", "/bin/sh", "-p", "1").err.contains("not mutually compatible"))
        #expect(try pyflame("--exe", "/bin/sh", "-p", "1").err.hasPrefix("Usage: "))
    }

    /// A core that ends anywhere: an error, and never a crash.
    @Test func cutOff() throws {
        guard Self.obstacle == nil, let python = Interpreter.release("3.13") ?? Interpreter.any else {
            print("NOT TESTED: cores that are cut off")
            return
        }
        let folder = try Folder()
        let child = try Child(
            Self.mayDump([python.command, "-c", "import time\nprint('ready', flush=True)\ntime.sleep(600)"], in: folder))
        try #require(eventually { child.out.contains("ready") })
        let path = try core(of: child, in: folder)
        let whole = try FileHandle(forReadingFrom: URL(fileURLWithPath: path)).seekToEnd()
        for size in [whole - 1, whole / 2, 20_000, 5000, 500, 64, 63, 3, 0] {
            try #require(truncate(path, off_t(size)) == 0)
            let answer = try pyflame("--dump", "--core", path)
            #expect(answer.status == 1 && answer.out.isEmpty && answer.err.hasPrefix("Failed to read core dump"))
            #expect(answer.err.contains("cut off") || answer.err.contains("not an ELF file") || answer.err.contains("no notes"), "\(size): \(answer.err)")
        }
    }
}
