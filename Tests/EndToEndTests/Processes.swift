import Foundation
import Testing

/// The root of the checkout.
let projectRoot = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

func fixture(_ name: String) -> String {
    projectRoot.appendingPathComponent("fixtures/programs/\(name)").path
}

/// The program under test: it lies beside the test bundle.
let pyflamePath: String = {
    var folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    #if canImport(Darwin)
        folder.deleteLastPathComponent()
    #endif
    for candidate in [folder, projectRoot.appendingPathComponent(".build/debug")] {
        let path = candidate.appendingPathComponent("pyflame").path
        if FileManager.default.isExecutableFile(atPath: path) { return path }
    }
    return "pyflame"
}()

struct Finished {
    var status: Int32
    var out: String
    var err: String
}

/// A process of the test's own; ended when the test lets go of it.
final class Child {
    let process = Process()
    private let input = Pipe()
    private let scratch: URL

    init(
        _ command: [String], environment: [String: String] = [:]
    ) throws {
        scratch = FileManager.default.temporaryDirectory
            .appendingPathComponent("pyflame-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments = Array(command.dropFirst())
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = input
        process.standardOutput = try Self.file(scratch.appendingPathComponent("out"))
        process.standardError = try Self.file(scratch.appendingPathComponent("err"))
        // The test runner's threads block signals, and a child would inherit that.
        var none = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, nil)
        try process.run()
    }

    deinit {
        if process.isRunning {
            kill(process.processIdentifier, SIGCONT)
            kill(process.processIdentifier, SIGKILL)
        }
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: scratch)
    }

    var pid: Int32 { process.processIdentifier }
    /// What it has printed so far.
    var out: String { text("out") }
    var err: String { text("err") }

    func finish() -> Finished {
        process.waitUntilExit()
        let signal = process.terminationReason == .uncaughtSignal
        return Finished(
            status: process.terminationStatus + (signal ? 128 : 0), out: out, err: err)
    }

    private func text(_ name: String) -> String {
        let data = (try? Data(contentsOf: scratch.appendingPathComponent(name))) ?? Data()
        return String(decoding: data, as: UTF8.self)
    }

    private static func file(_ url: URL) throws -> FileHandle {
        _ = FileManager.default.createFile(atPath: url.path, contents: nil)
        return try FileHandle(forWritingTo: url)
    }
}

/// Runs pyflame to its end.
func pyflame(_ arguments: String...) throws -> Finished { try pyflame(arguments) }
func pyflame(_ arguments: [String]) throws -> Finished {
    try Child([pyflamePath] + arguments).finish()
}

/// Waits until `condition` holds; false when it does not within a generous bound.
func eventually(seconds: Double = 120, _ condition: () -> Bool) -> Bool {
    let end = Date().addingTimeInterval(seconds)
    while Date() < end {
        if condition() { return true }
        usleep(20_000)
    }
    return condition()
}

/// A file of the test's own.
func temporaryPath(_ name: String) -> String {
    FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString)-\(name)").path
}

/// A Python interpreter as `scripts/interpreters list` names it.
struct Interpreter: CustomTestStringConvertible, Sendable {
    var version: String
    var kind: String
    var command: String

    var minor: String { version.split(separator: ".").prefix(2).joined(separator: ".") }
    var testDescription: String { "\(version) \(kind) \(command)" }

    /// All that this machine has.
    static let all: [Interpreter] = {
        guard
            let list = try? Child([projectRoot.appendingPathComponent("scripts/interpreters").path, "list"])
                .finish()
        else { return [] }
        return list.out.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: "\t").map(String.init)
            guard fields.count == 3 else { return nil }
            return Interpreter(version: fields[0], kind: fields[1], command: fields[2])
        }
    }()

    /// One release build of `minor`, if there is one.
    static func release(_ minor: String) -> Interpreter? {
        all.first { $0.minor == minor && $0.kind == "release" }
    }

    static var any: Interpreter? { all.last { $0.kind == "release" } }

    /// Starts a program and waits until it has printed `ready`.
    func start(_ arguments: [String]) throws -> Child {
        let child = try Child([command] + arguments)
        _ = eventually { child.out.contains("ready") || !child.process.isRunning }
        return child
    }
}
