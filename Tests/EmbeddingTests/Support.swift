import Foundation
import TestSupport
import Testing

func embedding(_ name: String) -> String {
    projectRoot.appendingPathComponent("fixtures/embedding/\(name)").path
}

func pyflame(_ arguments: [String]) throws -> Finished {
    try Child([pyflamePath] + arguments).finish()
}

/// The first of these programs that this machine has.
func tool(_ names: String...) -> String? {
    let folders = ["/usr/bin", "/usr/sbin", "/bin", "/usr/local/bin"]
    return names.lazy.flatMap { name in folders.map { "\($0)/\(name)" } }
        .first { FileManager.default.isExecutableFile(atPath: $0) }
}

/// Runs a tool to its end; its output.
@discardableResult func must(_ command: [String]) throws -> String {
    let run = try Child(command, input: "").finish()
    try #require(run.status == 0, "\(command): \(run.err)")
    return run.out
}

/// A process that writes its truth where `TRUTH` says (fixtures/embedding/truth.py), and then parks.
struct EmbeddedProgram {
    let child: Child
    let folder: Folder
    /// The process with Python in it, where that is not the child itself.
    var pid: Int32

    init(_ command: [String], _ environment: [String: String] = [:], folder: Folder? = nil) throws {
        self.folder = try folder ?? Folder()
        let folder = self.folder
        var all = ["TRUTH": folder.file("truth.json"), "PYTHONDONTWRITEBYTECODE": "1"]
        all.merge(environment) { $1 }
        child = try Child(command, environment: all)
        pid = child.pid
        let running = child.process
        let file = folder.file("truth.json")
        _ = eventually {
            FileManager.default.fileExists(atPath: file) || !running.isRunning
        }
        try #require(FileManager.default.fileExists(atPath: file), "\(command): no truth: \(child.err)")
    }

    func truth() throws -> Truth {
        try JSONDecoder().decode(Truth.self, from: Data(contentsOf: URL(fileURLWithPath: folder.file("truth.json"))))
    }

    /// Expects that `--dump` shows each thread as the interpreter does; what was compared.
    @discardableResult func compare(_ options: [String] = [], _ whose: String) throws -> String {
        let run = try pyflame(["--dump", "-p", "\(pid)"] + options)
        #expect(run.status == 0 && run.err.isEmpty, "\(whose) \(options): \(run.err)")
        let found = run.out.components(separatedBy: "\n\n").map { block in
            block.split(separator: "\n").map(String.init)
        }
        let truth = try truth()
        #expect(!truth.threads.isEmpty)
        var frames = 0
        for thread in truth.threads {
            let expected = thread.frames.map { $0.text(lineNumbers: true) }
            frames += expected.count
            #expect(
                found.contains { $0.first?.hasPrefix("\(thread.id)") == true && Array($0.dropFirst()) == expected },
                "\(whose) \(options): thread \(thread.id): the interpreter says \(expected), pyflame \(run.out)")
        }
        return "\(truth.threads.count) threads, \(frames) frames"
    }
}
