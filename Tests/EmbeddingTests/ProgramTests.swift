import Foundation
import TestSupport
import Testing

/// C programs with Python inside, and what linkers and upgrades make of their files.
@Suite(.serialized) struct ProgramTests {
    /// The oldest, those between which layouts changed, and what the system has.
    static let minors: [String] = {
        let wanted = ["2.7", "3.6", "3.9", "3.11", "3.12", "3.13", "3.14"]
        return wanted.filter { EmbeddingProgram.Development($0) != nil }
    }()

    private static func abi(_ minor: String) -> [String] {
        ["--abi", minor.replacingOccurrences(of: ".", with: "")]
    }

    private func start(_ program: EmbeddingProgram, _ arguments: [String] = ["parked.py"], extra: [String: String] = [:])
        throws -> EmbeddedProgram
    {
        try EmbeddedProgram(
            ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", embedding(""), program.path] + arguments,
            program.environment.merging(extra) { $1 })
    }

    @Test func thereAreDevelopmentFiles() {
        if Self.minors.isEmpty {
            print("NOT TESTED: embedded Python in C programs: no Python with headers; scripts/setup test gets them")
        }
    }

    /// libpython.a in the program, linked in the ways that linkers and distributions do it.
    @Test(arguments: minors) func linkedIn(_ minor: String) throws {
        let layouts: [(String, [String])] = [
            ("position independent", ["-pie"]),
            ("at a fixed address", ["-no-pie", "-Wl,-Ttext-segment=0x10000000"]),
            ("several executable segments apart", ["-Wl,-z,separate-code"]),
            ("code and headers together", ["-Wl,-z,noseparate-code"]),
            ("linked for another address than it gets", ["-pie", "-Wl,-Ttext-segment=0x3f000000000"]),
            ("exports for extension modules", ["-rdynamic"]),
        ]
        let folder = try Folder()
        // All of them for the newest, a few for the others: linking takes its time.
        for (what, flags) in minor == Self.minors.last ? layouts[...] : layouts.prefix(2) {
            guard let program = try EmbeddingProgram(minor, folder: folder, static: true, flags: flags) else {
                print("NOT TESTED: libpython\(minor).a, \(what): it could not be linked here")
                continue
            }
            let parked = try start(program)
            print("EMBEDDED libpython\(minor).a, \(what): \(try parked.compare([], what)) equal")
            try parked.compare(Self.abi(minor), what)
        }
    }

    /// Each sub-interpreter in a thread of its own, from 3.12 on with its own GIL.
    @Test(arguments: minors) func subinterpreters(_ minor: String) throws {
        let folder = try Folder()
        guard let program = try EmbeddingProgram(minor, source: "subinterpreters.c", folder: folder, static: false)
        else {
            print("NOT TESTED: sub-interpreters made in C, Python \(minor): no shared libpython")
            return
        }
        let truth = folder.file("alone")
        // Nothing but `$TRUTH-N` is written, the last one by the main thread.
        let child = try Child(
            ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", embedding(""), program.path, "parked_alone.py"],
            environment: program.environment.merging(["TRUTH": truth, "PYTHONDONTWRITEBYTECODE": "1"]) { $1 })
        #expect(
            eventually { FileManager.default.fileExists(atPath: truth + "-0") || !child.process.isRunning },
            "\(minor): \(child.err)")
        for options in [[], Self.abi(minor)] {
            let run = try pyflame(["--dump", "-p", "\(child.pid)"] + options)
            #expect(run.status == 0 && run.err.isEmpty, "\(minor): \(run)")
            for number in 0...3 {
                let data = try Data(contentsOf: URL(fileURLWithPath: "\(truth)-\(number)"))
                for thread in try JSONDecoder().decode(Truth.self, from: data).threads {
                    let lines = thread.frames.map { $0.text(lineNumbers: true) }.joined(separator: "\n")
                    #expect(run.out.contains("\(thread.id):\n\(lines)\n"), "\(minor): \(lines)\nin \(run.out)")
                }
            }
        }
        print("EMBEDDED four interpreters of \(minor): all stacks equal")
    }

    /// A library that is loaded at run time; twice; in a link namespace of its own; while its file is taken away.
    @Test(arguments: minors) func loadedAtRunTime(_ minor: String) throws {
        let folder = try Folder()
        guard let compiler = tool("cc", "gcc", "clang"),
            let files = EmbeddingProgram.Development(minor), let library = files.library
        else {
            print("NOT TESTED: dlopen of libpython\(minor): no compiler or no shared libpython")
            return
        }
        let path = folder.file("dlopen")
        try must([compiler, "-O1", embedding("dlopen.c"), "-o", path, "-pthread", "-ldl"])
        let program = EmbeddingProgram(path: path, environment: ["PYTHONHOME": files.prefix])
        func copy(_ name: String) throws -> String {
            let copy = folder.file(name)
            try? FileManager.default.removeItem(atPath: copy)
            try FileManager.default.copyItem(atPath: library, toPath: copy)
            return copy
        }
        for (what, arguments) in [
            ("alone", ["parked.py", library]),
            ("two copies, one of them asleep", ["parked.py", library, try copy("copy.so")]),
            ("in a namespace of its own", ["-n", "parked.py", try copy("apart.so")]),
        ] {
            let parked = try start(program, arguments)
            print("EMBEDDED dlopen of libpython\(minor), \(what): \(try parked.compare([], what)) equal")
            try parked.compare(Self.abi(minor), what)
        }
        let bare = try copy("bare.so")
        let python = try #require(Interpreter.all.last { !$0.version.hasPrefix("2") })
        if let strip = tool("strip") { try must([strip, "--strip-all", bare]) }
        try must([python.command, embedding("unname.py"), "--keep-names", bare])
        try start(program, ["parked.py", bare]).compare([], "\(minor) without section headers")

        for (what, change) in [
            ("deleted", { try FileManager.default.removeItem(atPath: $0) }),
            // As a package manager does it: another file under the same name.
            (
                "replaced",
                {
                    try "not a library".write(toFile: $0 + ".new", atomically: false, encoding: .utf8)
                    #expect(rename($0 + ".new", $0) == 0)
                }
            ),
        ] as [(String, (String) throws -> Void)] {
            let file = try copy("\(what).so")
            let parked = try start(program, ["parked.py", file])
            try change(file)
            print("EMBEDDED libpython\(minor), \(what) while it runs: \(try parked.compare([], what)) equal")
            try parked.compare(Self.abi(minor), what)
        }
    }
}
