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

    /// Of timers, which are counted with the signals that wait: each of its own waits has a limit then.
    @Test func timers() throws {
        let steady = try Steady(try #require(Interpreter.any))
        let run = try Child(
            ["/bin/bash", "-c", "ulimit -i 0 && exec \(pyflamePath) -p \(steady.pid) -r 0.002 -s 0.3 --stats -o /dev/null"]
        ).finish()
        #expect(run.status == 0 && run.err.contains("samples:") && !run.err.contains("samples:      0 "), "\(run)")
        #expect(stoppedThreads(steady.pid).isEmpty && steady.goesOn())
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

    /// A file system without room for a byte, or for half of the profile: what was there stays as it was.
    @Test(arguments: [0, 4096])
    func fullDisk(_ room: Int) throws {
        let folder = try Folder()
        let mounted = geteuid() == 0
            ? try Child(["/bin/mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder.path]).finish() : nil
        guard mounted?.status == 0 else {
            print("NOT TESTED: a full disk: mounting one takes root (\(mounted?.err ?? "this is another user"))")
            return
        }
        defer { _ = try? Child(["/bin/umount", folder.path]).finish() }
        try folder.write("out", "the former profile")
        let filler = open(folder.file("filler"), O_WRONLY | O_CREAT, 0o600)
        defer { close(filler) }
        let block = [UInt8](repeating: 1, count: 4096)
        while write(filler, block, block.count) > 0 {}
        #expect(errno == ENOSPC)
        #expect(ftruncate(filler, lseek(filler, 0, SEEK_END) - off_t(room)) == 0)

        let python = try #require(Interpreter.any)
        let program = try python.start([fixture("known_stacks.py")])
        for format in ["folded", "html"] {
            let run = try pyflame(
                ["-p", "\(program.pid)", "-s", "0.5", "-r", "0.001", "--format", format, "-o", folder.file("out")])
            #expect(run.status == 1 && run.err.contains("No space left on device"), "\(run)")
            #expect(folder.text("out") == "the former profile")
            #expect(Set(try FileManager.default.contentsOfDirectory(atPath: folder.path)) == ["out", "filler"])
            #expect(stoppedThreads(program.pid).isEmpty && program.process.isRunning)
        }
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
