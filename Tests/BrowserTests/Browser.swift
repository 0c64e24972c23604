import Foundation
import FrameDecoding
import TestSupport
import Testing

@testable import Profiles

/// A real browser without a window, driven through scripts/browser.py.
final class Browser {
    private let child: Child
    private var answered = 0

    /// Why there is none; nil when there is one.
    static let missing: String? = {
        let folders = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":") ?? []
        let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
        let isThere = folders.contains { folder in
            names.contains { FileManager.default.isExecutableFile(atPath: "\(folder)/\($0)") }
        }
        if !isThere { return "no Chromium on PATH (Debian: apt-get install chromium)" }
        return Interpreter.any == nil ? "no Python 3 to drive it" : nil
    }()

    /// The one that all tests use, one after the other: starting it takes seconds.
    nonisolated(unsafe) private static var shared: Browser?

    private init() throws {
        let python = try #require(Interpreter.any)
        child = try Child([python.command, projectRoot.appendingPathComponent("scripts/browser.py").path])
    }

    /// Shows a file in a window of 1000 by 700.
    static func open(_ path: String, dark: Bool = false) throws -> Browser {
        let browser = try shared ?? Browser()
        // One that has failed is not used again.
        shared = nil
        try browser.tell("resize", ["width": 1000, "height": 700])
        try browser.tell("scheme", ["dark": dark])
        try browser.tell("open", ["path": path])
        shared = browser
        return browser
    }

    private func answer() throws -> Any? {
        var lines: [Substring] = []
        let isThere = eventually {
            // Only whole lines.
            let out = child.out
            lines = out[..<(out.lastIndex(of: "\n") ?? out.startIndex)].split(separator: "\n")
            return lines.count > answered || !child.process.isRunning
        }
        guard isThere, lines.count > answered else { throw Problem(text: "no answer: \(child.err)") }
        defer { answered += 1 }
        let object = try JSONSerialization.jsonObject(with: Data(lines[answered].utf8)) as? [String: Any]
        if let error = object?["error"] { throw Problem(text: "\(error)") }
        return object?["value"]
    }

    struct Problem: Error, CustomStringConvertible {
        var text: String
        var description: String { text }
    }

    @discardableResult
    func tell(_ action: String, _ arguments: [String: Any] = [:]) throws -> Any? {
        var command = arguments
        command["do"] = action
        let data = try JSONSerialization.data(withJSONObject: command) + Data("\n".utf8)
        let pipe = try #require(child.process.standardInput as? Pipe)
        try pipe.fileHandleForWriting.write(contentsOf: data)
        return try answer()
    }

    /// The value of a script, as JSON has it.
    func value<Value>(_ script: String, _ type: Value.Type = Value.self) throws -> Value {
        let value = try tell("evaluate", ["script": script])
        return try #require(value as? Value, "\(script) is \(value ?? "nothing")")
    }

    func click(_ x: Double, _ y: Double) throws { try tell("click", ["x": x, "y": y]) }
    func key(_ key: String, ctrl: Bool = false) throws { try tell("key", ["key": key, "ctrl": ctrl]) }

    /// That it asked for nothing but the file itself, and had nothing to complain of.
    func expectQuiet() throws {
        let events = try #require(try tell("events") as? [String: [String]])
        #expect(events["messages"] == [])
        #expect(events["requests"]?.count == 1 && events["requests"]?.first?.hasPrefix("file://") == true)
    }
}

/// `a.py:main:1;a.py:work:2 5`: stacks root first, with samples and, in a comparison, those before.
func profile(_ lines: [String], isComparison: Bool = false) -> CallProfile {
    let profile = CallProfile(isComparison: isComparison)
    for line in lines {
        let parts = line.split(separator: " ")
        let frames = parts[0].split(separator: ";").map { text -> FrameID in
            let words = text.split(separator: ":")
            return profile.frames.intern(
                Frame(file: String(words[0]), name: String(words[1]), line: Int(words[2]) ?? 0))
        }
        profile.add(
            frames.reversed(), count: Int(parts[1]) ?? 0, before: parts.count > 2 ? Int(parts[2]) ?? 0 : 0)
    }
    return profile
}

let hostileNames = [
    "</script><script>globalThis.hacked=1</script>", "]]></script><x onload='hacked=1'>", "<&\"'>", "a\u{1b}[31m\u{7f}\u{9b}",
    "\u{fffe}", "\u{202e}abc", "<!--<script>", "<img src=x onerror=hacked=1>", "größe 変数 🐍",
]
