import Foundation

/// A Python interpreter as `scripts/interpreters list` names it.
public struct Interpreter: CustomStringConvertible, Sendable {
    public var version: String
    public var kind: String
    public var command: String

    public var minor: String { version.split(separator: ".").prefix(2).joined(separator: ".") }
    public var description: String { "\(version) \(kind) \(command)" }

    /// All that this machine has.
    public static let all: [Interpreter] = {
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
    public static func release(_ minor: String) -> Interpreter? {
        all.first { $0.minor == minor && $0.kind == "release" }
    }

    /// One release build of each minor version.
    public static var eachMinor: [Interpreter] {
        var seen: Set<String> = []
        return all.filter { $0.kind == "release" && seen.insert($0.minor).inserted }
    }

    public static var any: Interpreter? { all.last { $0.kind == "release" } }

    /// Starts a program and waits until it has printed `ready`.
    public func start(_ arguments: [String]) throws -> Child {
        let child = try Child([command] + arguments)
        _ = eventually { child.out.contains("ready") || !child.process.isRunning }
        return child
    }
}
