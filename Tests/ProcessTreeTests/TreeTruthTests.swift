import Foundation
import TestSupport
import Testing

/// Each process of a tree is read as well as it would be alone.
@Suite(.serialized) struct TreeTruthTests {
    /// A shell that is no Python, and below it Pythons of several versions with all their threads parked.
    @Test func everyStackOfEveryChild() throws {
        let pythons = ["2.7", "3.6", "3.11", "3.13"].compactMap(Interpreter.release)
        for minor in ["2.7", "3.6", "3.11", "3.13"] where Interpreter.release(minor) == nil {
            print("NOT TESTED: Python \(minor) in a tree: no interpreter could be had")
        }
        let parent = try #require(pythons.last)
        let folder = try Folder()
        let program = projectRoot.appendingPathComponent("fixtures/programs/awkward.py").path
        // Python starts a shell for each, so the tree is three levels deep.
        let starter = """
            import os, subprocess, sys, time
            # Its own home, where it is not installed in the usual place.
            os.environ.pop("PYTHONHOME", None)
            for number, command in enumerate(sys.argv[2:]):
                subprocess.Popen(["/bin/sh", "-c", "'%s' '%s' '%s/%d'; exit $?" % (command, sys.argv[1], "\(folder.path)", number)])
            time.sleep(100000)
            """
        let tree = try Child([parent.command, "-c", starter, program] + pythons.map(\.command))
        defer { endAll(below: tree.pid) }
        let arrived = eventually {
            pythons.indices.allSatisfy { FileManager.default.fileExists(atPath: folder.file("\($0)")) }
        }
        #expect(arrived, "\(tree.err)")
        let run = try Child([pyflamePath, "--dump", "--subprocesses", "-p", "\(tree.pid)"]).finish()
        #expect(run.status == 0 && run.err.isEmpty, "\(run.err)")
        let processes = parse(run.out)
        #expect(processes.count == pythons.count + 1, "\(processes.map(\.head))")

        var compared = 0
        var frames = 0
        for (number, python) in pythons.enumerated() {
            let data = try #require(FileManager.default.contents(atPath: folder.file("\(number)")))
            let truth = try JSONDecoder().decode(Truth.self, from: data)
            let ids = Set(truth.threads.map(\.id))
            let process = try #require(
                processes.max { ids.intersection($0.stacks.keys).count < ids.intersection($1.stacks.keys).count })
            for thread in truth.threads {
                let expected = thread.frames.map { $0.text(lineNumbers: true) }
                #expect(process.stacks[thread.id] == expected, "\(python), \(process.head): \(thread.label)")
                compared += 1
                frames += expected.count
            }
        }
        let own = try #require(processes.first { $0.head.hasPrefix("process \(tree.pid) (") })
        #expect(own.stacks.values.contains { $0.first == "<string>:<module>:6" })
        print("TREE STACKS COMPARED: \(pythons.count) children, \(compared) threads, \(frames) frames")
    }

    private func parse(_ dump: String) -> [(head: String, stacks: [UInt64: [String]])] {
        var processes: [(head: String, stacks: [UInt64: [String]])] = []
        for block in dump.components(separatedBy: "\n\n") {
            let lines = block.split(separator: "\n").map(String.init)
            guard let first = lines.first else { continue }
            if first.hasPrefix("process ") {
                processes.append((first, [:]))
            } else if let id = UInt64(first.prefix { $0.isNumber }), !processes.isEmpty {
                processes[processes.count - 1].stacks[id] = Array(lines.dropFirst())
            }
        }
        return processes
    }
}
