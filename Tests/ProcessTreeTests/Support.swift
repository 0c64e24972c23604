import Foundation
import TestSupport

/// family.py, and what its processes wrote of themselves.
final class Family {
    let folder: Folder
    let command: [String]

    init(_ kind: String, _ python: Interpreter, seconds: Double = 0.4) throws {
        folder = try Folder()
        let program = projectRoot.appendingPathComponent("fixtures/programs/family.py").path
        command = [python.command, program, kind, folder.file("ledger"), "\(seconds)", python.command]
    }

    /// The processes that were busy, and the name of what they were busy with.
    var ledger: [(pid: Int32, label: String)] {
        folder.text("ledger").split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            return words.count == 2 ? Int32(words[0]).map { ($0, String(words[1])) } : nil
        }
    }
}

/// How pyflame learns of births.
enum Watch: String, CaseIterable {
    case kernel, scan, trace
}

/// `pyflame --subprocesses` on a family, from before its children are born to its end.
struct Watched {
    var run: Finished
    var profile: String
    var family: Finished?

    init(_ family: Family, _ watch: Watch, _ options: [String] = []) throws {
        let output = family.folder.file("profile.folded")
        let arguments = ["--subprocesses", "--stats", "-r", "0.005", "-o", output] + options
        switch watch {
        case .trace:
            run = try Child([pyflamePath] + arguments + ["-t"] + family.command, input: "go\n").finish()
        case .kernel, .scan:
            let program = try Child(family.command)
            _ = eventually { program.out.contains("ready") || !program.process.isRunning }
            // In a network namespace of one's own the kernel tells nothing of processes.
            let prefix = watch == .scan ? [Self.unshare, "--net"] : []
            let profiler = try Child(prefix + [pyflamePath] + arguments + ["-s", "1000", "-p", "\(program.pid)"])
            _ = eventually { isTraced(program.pid) || !profiler.process.isRunning }
            (program.process.standardInput as? Pipe)?.fileHandleForWriting.write(Data("go\n".utf8))
            self.family = program.finish()
            run = profiler.finish()
        }
        profile = family.folder.text("profile.folded")
    }

    static let unshare = "/usr/bin/unshare"
    /// Only root may have a network namespace, and be without it.
    static let canUnshare =
        (try? Child([unshare, "--net", "/bin/true"]).finish().status) == 0

    /// The stacks of one process, without the frame that names it.
    func stacks(of pid: Int32) -> [String] {
        profile.split(separator: "\n").compactMap { line in
            guard line.hasPrefix("process \(pid) ("), let first = line.firstIndex(of: ";") else { return nil }
            return String(line[line.index(after: first)...])
        }
    }

    /// A number of `--stats`: that before `word` in the line of processes.
    func count(_ word: String) -> Int? {
        let line = run.err.split(separator: "\n").first { $0.hasPrefix("processes:") } ?? ""
        let match = line.firstRange(of: " \(word)").map { line[..<$0.lowerBound] } ?? ""
        return match.split(separator: " ").last.flatMap { Int($0) }
    }
}

/// Whether somebody traces `pid`.
func isTraced(_ pid: Int32) -> Bool {
    let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
    return status.contains("TracerPid:") && !status.contains("TracerPid:\t0\n")
}

/// The children of a process, as the kernel lists them.
func children(of pid: Int32) -> [Int32] {
    let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []
    return tasks.flatMap { task in
        ((try? String(contentsOfFile: "/proc/\(pid)/task/\(task)/children", encoding: .utf8)) ?? "")
            .split(whereSeparator: \.isWhitespace).compactMap { Int32($0) }
    }
}

/// Ends the processes that a test has started through another one.
func endAll(below pid: Int32) {
    for child in children(of: pid) {
        endAll(below: child)
        kill(child, SIGKILL)
    }
}
