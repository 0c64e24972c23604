import Foundation
import Testing

/// The program under test: it lies beside the test bundle.
let pyflamePath: String = URL(fileURLWithPath: CommandLine.arguments[0])
    .deletingLastPathComponent().appendingPathComponent("pyflame").path

private let projectRoot = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

struct Finished {
    /// As a shell has it: 128 + n for signal n.
    var status: Int32
    var out: String
    var err: String
}

/// A folder of the test's own, gone with it.
final class Folder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory
            .appendingPathComponent("pyflame-trace-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { path + "/" + name }
    func text(_ name: String) -> String {
        String(decoding: FileManager.default.contents(atPath: file(name)) ?? Data(), as: UTF8.self)
    }

    /// Writes a file, executable as a script; its path.
    @discardableResult func write(_ name: String, _ text: String) throws -> String {
        try text.write(toFile: file(name), atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o755], ofItemAtPath: file(name))
        return file(name)
    }
}

/// A process of the test's own; ended when the test lets go of it.
final class Child {
    let process = Process()
    private let folder: Folder

    init(_ command: [String], input: String = "", environment: [String: String] = [:]) throws {
        folder = try Folder()
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments = Array(command.dropFirst())
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        for name in ["in", "out", "err"] { try folder.write(name, name == "in" ? input : "") }
        process.standardInput = FileHandle(forReadingAtPath: folder.file("in"))
        process.standardOutput = FileHandle(forWritingAtPath: folder.file("out"))
        process.standardError = FileHandle(forWritingAtPath: folder.file("err"))
        // Dispatch's threads have most signals blocked, and a command would inherit that.
        var none = sigset_t()
        var before = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try process.run()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
    }

    var pid: Int32 { process.processIdentifier }
    /// What it has printed so far.
    var out: String { folder.text("out") }

    func finish() -> Finished {
        process.waitUntilExit()
        let signal = process.terminationReason == .uncaughtSignal ? Int32(128) : 0
        return Finished(
            status: process.terminationStatus + signal, out: out, err: folder.text("err"))
    }
}

/// A command under `pyflame -t`, and the profile that was written.
struct Traced {
    var run: Finished
    var profile: String
    var status: Int32 { run.status }

    init(
        _ command: [String], _ options: [String] = [], input: String = "",
        environment: [String: String] = [:]
    ) throws {
        let folder = try Folder()
        let arguments = options + ["-o", folder.file("profile"), "-t"] + command
        run = try Child([pyflamePath] + arguments, input: input, environment: environment).finish()
        profile = folder.text("profile")
    }
}

/// Waits until `condition` holds; false when it does not within a generous bound.
func eventually(_ condition: () -> Bool) -> Bool {
    let end = Date().addingTimeInterval(60)
    while Date() < end {
        if condition() { return true }
        usleep(5_000)
    }
    return condition()
}

/// The state letter of a process; nil when there is none.
func state(_ pid: Int32) -> Character? {
    let text = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
    return text.split(separator: ")").last?.first { $0 != " " }
}

/// Python interpreters, as `scripts/interpreters list` names them.
struct Python: CustomTestStringConvertible, Sendable {
    var version: String
    var command: String
    var testDescription: String { "\(version) \(command)" }

    /// One release build of each minor version on this machine.
    static let all: [Python] = {
        let script = projectRoot.appendingPathComponent("scripts/interpreters").path
        guard let list = try? Child([script, "list"]).finish() else { return [] }
        var seen: Set<Substring> = []
        return list.out.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: "\t")
            guard fields.count == 3, fields[1] == "release",
                let last = fields[0].lastIndex(of: "."), seen.insert(fields[0][..<last]).inserted
            else { return nil }
            return Python(version: String(fields[0]), command: String(fields[2]))
        }
    }()

    static var version3: Python? { all.last { $0.version.hasPrefix("3.") } }
}
