import Foundation

/// The root of the checkout.
public let projectRoot = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

public struct Finished: Sendable {
    /// As a shell has it: 128 + n for signal n.
    public var status: Int32
    public var out: String
    public var err: String
}

/// A folder of the test's own, gone with it.
public final class Folder {
    public let path: String

    public init() throws {
        path = FileManager.default.temporaryDirectory
            .appendingPathComponent("pyflame-test-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    public func file(_ name: String) -> String { path + "/" + name }
    public func text(_ name: String) -> String {
        String(decoding: FileManager.default.contents(atPath: file(name)) ?? Data(), as: UTF8.self)
    }

    /// Writes a file, executable as a script; its path.
    @discardableResult public func write(_ name: String, _ text: String) throws -> String {
        try text.write(toFile: file(name), atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o755], ofItemAtPath: file(name))
        return file(name)
    }
}

/// A process of the test's own; ended when the test lets go of it.
public final class Child {
    public let process = Process()
    /// The cache folder of all pyflames of this test run.
    private static let cache = FileManager.default.temporaryDirectory
        .appendingPathComponent("pyflame-test-cache-\(ProcessInfo.processInfo.processIdentifier)").path
    private let folder: Folder

    /// Without `input`, its stdin is a pipe that stays open as long as the child is kept.
    public init(
        _ command: [String], input: String? = nil, environment: [String: String] = [:]
    ) throws {
        if let problem = ProgramUnderTest.problem, command.contains(where: { $0.contains(pyflamePath) }) { throw problem }
        folder = try Folder()
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments = Array(command.dropFirst())
        // What pyflame keeps of earlier runs is no business of a test's; a command that it runs gets the environment as it is.
        let keepsOwn = command[0] == pyflamePath && !command.contains { ["-t", "--trace"].contains($0) }
        let own = keepsOwn ? ["XDG_CACHE_HOME": Self.cache] : [:]
        process.environment = ProcessInfo.processInfo.environment.merging(own) { $1 }.merging(environment) { $1 }
        for name in ["in", "out", "err"] { try folder.write(name, name == "in" ? input ?? "" : "") }
        process.standardInput =
            input == nil ? Pipe() : FileHandle(forReadingAtPath: folder.file("in"))
        process.standardOutput = FileHandle(forWritingAtPath: folder.file("out"))
        process.standardError = FileHandle(forWritingAtPath: folder.file("err"))
        // The test runner's threads have most signals blocked, and a child would inherit that.
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

    public var pid: Int32 { process.processIdentifier }
    /// What it has printed so far.
    public var out: String { folder.text("out") }
    public var err: String { folder.text("err") }

    public func finish() -> Finished {
        process.waitUntilExit()
        let signal = process.terminationReason == .uncaughtSignal ? Int32(128) : 0
        return Finished(status: process.terminationStatus + signal, out: out, err: err)
    }
}

/// Waits until `condition` holds; false when it does not within a generous bound.
public func eventually(seconds: Double = 120, _ condition: () -> Bool) -> Bool {
    let end = Date().addingTimeInterval(seconds)
    while Date() < end {
        if condition() { return true }
        usleep(5_000)
    }
    return condition()
}
