import TestSupport
import Testing

/// Programs that moved their code to memory of their own, at the same addresses, for large pages.
@Suite(.serialized, .enabled(if: tool("cc", "gcc") != nil, "a C compiler makes the library that moves the code"))
struct MovedCodeTests {
    private func library(in folder: Folder) throws -> String {
        let compiler = try #require(tool("cc", "gcc"))
        let library = folder.file("moved_code.so")
        try must([compiler, "-O1", "-shared", "-fPIC", "-o", library, embedding("moved_code.c"), "-ldl"])
        return library
    }

    /// Whether the interpreter is a library, which its program has mapped.
    private func isLibrary(_ program: Child) -> Bool {
        let maps = (try? String(contentsOfFile: "/proc/\(program.pid)/maps", encoding: .utf8)) ?? ""
        return maps.contains("libpython")
    }

    private func expectStacks(_ python: Interpreter, to place: String) throws {
        let folder = try Folder()
        let script = try folder.write(
            "busy.py",
            "import sys\nsys.stdout.write('ready\\n'); sys.stdout.flush()\ndef leaf():\n    while True: pass\nleaf()\n")
        let isLibrary = isLibrary(try python.start([script]))
        let program = try Child(
            [python.command, script],
            environment: [
                "LD_PRELOAD": try library(in: folder), "MOVED_CODE": isLibrary ? "libpython" : "main", "MOVED_TO": place,
            ])
        try #require(eventually { program.out.contains("ready") || !program.process.isRunning })
        try #require(program.process.isRunning, "\(python): \(program.err)")
        let run = try pyflame(["-p", "\(program.pid)", "-s", "0.2"])
        #expect(run.status == 0 && run.out.contains("busy.py:leaf:"), "\(python), \(place): \(run)")
    }

    @Test(arguments: Interpreter.eachMinor) func anonymousMemory(_ python: Interpreter) throws {
        try expectStacks(python, to: "anonymous")
    }

    @Test(arguments: ["shared", "memfd"]) func memoryWithAName(_ place: String) throws {
        for python in [Interpreter.any, Interpreter.release("3.9")].compactMap(\.self) {
            try expectStacks(python, to: place)
        }
    }
}
