import Foundation
import TestSupport
import Testing

/// pyflame itself runs out of something: it says so and ends, and its target goes on.
@Suite(.serialized) struct ScarcityTests {
    private func starved(_ limit: String, _ arguments: String, pid: Int32) throws -> Finished {
        try Child(["/bin/sh", "-c", "ulimit \(limit); exec \(pyflamePath) -p \(pid) -r 0.0005 \(arguments)"]).finish()
    }

    /// Of memory, at whatever point it is reached.
    @Test func memory() throws {
        let steady = try Steady(try #require(Interpreter.any))
        var ends: [Int32: Int] = [:]
        for megabytes in stride(from: 18, through: 40, by: 2) {
            let run = try starved("-v \(megabytes * 1024)", "-s 0.05 --threads -o /dev/null", pid: steady.pid)
            ends[run.status, default: 0] += 1
            #expect(stoppedThreads(steady.pid).isEmpty, "\(megabytes) MB: \(run.status)")
        }
        print("SCARCITY of memory: ends \(ends.sorted { $0.key < $1.key })")
        #expect(ends.keys.contains { $0 != 0 } && steady.goesOn())
    }

    @Test func descriptors() throws {
        let steady = try Steady(try #require(Interpreter.any), busy: 4)
        var refusals = 0
        for count in 3...16 {
            let run = try starved("-n \(count)", "-s 0.05 --threads", pid: steady.pid)
            #expect(run.status == 0 || (run.status == 1 && !run.err.isEmpty) || run.status == 127, "\(count): \(run)")
            if run.status != 0 { refusals += 1 }
            #expect(stoppedThreads(steady.pid).isEmpty, "\(count) descriptors")
        }
        #expect(refusals > 0 && steady.goesOn())
    }

    /// Nowhere to write to: known before the target is touched, or found out at the end.
    @Test(arguments: ["> /dev/full", ">&-", "-o /dev/full", "-o /nowhere/out", "| true"])
    func output(_ redirection: String) throws {
        let steady = try Steady(try #require(Interpreter.any))
        let run = try starved("-c 0", "-s 0.1 \(redirection)", pid: steady.pid)
        #expect(run.status == (redirection == "| true" ? 0 : 1), "\(run)")
        #expect(redirection == "| true" || !run.err.isEmpty)
        #expect(stoppedThreads(steady.pid).isEmpty && steady.goesOn())
    }

    /// The limit on a file's size stands in for a full disk, and its signal kills.
    @Test func fileSize() throws {
        let steady = try Steady(try #require(Interpreter.any))
        let folder = try Folder()
        let run = try starved("-f 0", "-s 0.1 -o \(folder.file("out"))", pid: steady.pid)
        #expect(run.status != 0)
        #expect(stoppedThreads(steady.pid).isEmpty && steady.goesOn())
        #expect(!FileManager.default.fileExists(atPath: folder.file("out")))
    }
}
