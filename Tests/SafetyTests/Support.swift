import Foundation
import TestSupport

func fixture(_ name: String) -> String {
    projectRoot.appendingPathComponent("fixtures/programs/\(name)").path
}

func pyflame(_ arguments: [String]) throws -> Finished {
    try Child([pyflamePath] + arguments).finish()
}

/// How far a test goes: a short form by default, the long one where `scripts/long-checks` asks for it.
func amount(_ variable: String, short: Int) -> Int {
    ProcessInfo.processInfo.environment[variable].flatMap { Int($0) } ?? short
}

/// Interpreters to test with, or the reason why there are none.
func interpreters(_ minors: [String], for what: String) -> [Interpreter] {
    minors.compactMap { minor in
        let found = Interpreter.release(minor)
        if found == nil { print("NOT TESTED: \(what) on \(minor): no interpreter could be had") }
        return found
    }
}

/// The versions that promises are tested on; PYFLAME_VERSIONS names others.
let versions: [String] = ProcessInfo.processInfo.environment["PYFLAME_VERSIONS"]
    .map { $0.split(separator: ",").map(String.init) } ?? ["2.7", "3.6", "3.9", "3.11", "3.13", "3.15"]

/// The state letters of all threads of a process; empty when it is gone.
func threadStates(_ pid: Int32) -> [Int32: Character] {
    let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []
    var states: [Int32: Character] = [:]
    for task in tasks {
        guard let tid = Int32(task), let data = FileManager.default.contents(atPath: "/proc/\(pid)/task/\(task)/stat")
        else { continue }
        // The name before it may hold anything, parentheses as well.
        let text = String(decoding: data, as: UTF8.self)
        guard let end = text.lastIndex(of: ")") else { continue }
        states[tid] = text[end...].dropFirst(2).first
    }
    return states
}

/// Threads that stand still because somebody stopped them: by a tracer (t) or by a signal (T).
func stoppedThreads(_ pid: Int32) -> [Int32] {
    threadStates(pid).filter { $0.value == "t" || $0.value == "T" }.map(\.key)
}

/// The field of /proc/PID/status.
func statusField(_ name: String, of pid: Int32) -> String? {
    guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/status") else { return nil }
    return String(decoding: data, as: UTF8.self).split(separator: "\n")
        .first { $0.hasPrefix(name + ":") }
        .map { $0.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces) }
}

/// `steady.py`, running, and what its threads have counted.
struct Steady {
    let child: Child
    private let folder: Folder
    private var path: String { folder.file("counts") }

    init(_ python: Interpreter, busy: Int = 2, sleeping: Int = 1) throws {
        folder = try Folder()
        child = try python.start([
            fixture("steady.py"), folder.file("counts"), "\(busy)", "\(sleeping)",
        ])
    }

    var pid: Int32 { child.pid }
    var counts: [UInt64] { readCounts(path) }

    /// Whether each thread counts on from here.
    func goesOn() -> Bool { allGoOn { readCounts(path) } }
}

func readCounts(_ path: String) -> [UInt64] {
    let data = FileManager.default.contents(atPath: path) ?? Data()
    return data.withUnsafeBytes { bytes in
        (0..<bytes.count / 8).map { bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self) }
    }
}

func allGoOn(_ counts: () -> [UInt64]) -> Bool {
    let before = counts()
    return !before.isEmpty
        && eventually(seconds: 60) {
            let now = counts()
            return now.count == before.count && zip(before, now).allSatisfy { $0 < $1 }
        }
}

/// Numbers that differ from run to run: the moments at which things happen.
func randomMoment(below microseconds: UInt32) -> UInt32 { UInt32.random(in: 0..<microseconds) }
