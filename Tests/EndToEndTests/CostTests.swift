import Foundation
import TestSupport
import Testing

/// What a sample costs in system calls, which does not depend on the machine; times are for the benchmarks.
@Suite(.serialized) struct CostTests {
    private static let deep = projectRoot.appendingPathComponent("Benchmarks/programs/deep.py").path

    /// Depth, waiting threads, options.
    static let cases: [(depth: Int, others: Int, options: [String])] = [
        (200, 0, []), (50, 64, []), (10, 64, ["--threads"]), (50, 8, ["--nonblocking"]),
    ]

    @Test(arguments: ["2.7", "3.9", "3.11", "3.13", "3.15"])
    func callsPerSample(_ minor: String) throws {
        guard let python = Interpreter.release(minor) else {
            print("NOT TESTED: system calls per sample on \(minor): no interpreter could be had")
            return
        }
        let folder = try Folder()
        for (depth, others, options) in Self.cases {
            if options == ["--nonblocking"], !isX86 { continue }
            let program = try python.start([Self.deep, "\(depth)", "\(others)", folder.file("rounds")])
            let run = try pyflame(
                ["-p", "\(program.pid)", "-s", "2", "-r", "0.001", "--stats", "-o", folder.file("out")]
                    + options)
            #expect(run.status == 0, "\(run.err)")
            func number(_ key: String) throws -> Double {
                let line = try #require(run.err.split(separator: "\n").first { $0.hasPrefix(key) })
                return try #require(line.split { " ,".contains($0) }.compactMap { Double($0) }.first)
            }
            let what = "\(python) depth \(depth), \(others) others, \(options): \(run.err)"
            // Of a few samples the first, which finds everything out, is too large a part.
            guard try number("samples:") > 1000 else {
                print("NOT TESTED: the machine is too busy for: \(what)")
                continue
            }
            #expect(try number("failed:") * 50 <= number("samples:"), "\(what)")
            // One in the steady state; the program moves on, and the first samples learn.
            #expect(try number("memory reads:") <= 2, "\(what)")
            // Eight on a quiet machine. On a busy one a thread that is to stop waits for a processor, and is
            // asked a few times more whether it stands still.
            #expect(try number("system calls:") <= 16, "\(what)")
            let stops = try number("stops:")
            #expect(options == ["--nonblocking"] ? stops == 0 : stops > 0, "\(what)")
        }
    }

    /// Never a stop, and never a stack that cannot be: also where another thread takes the GIL.
    @Test(arguments: ["2.7", "3.9", "3.11", "3.13", "3.15"], [0, 3])
    func nonblocking(_ minor: String, _ threads: Int) throws {
        guard isX86, let python = Interpreter.release(minor) else {
            print("NOT TESTED: --nonblocking on \(minor): no interpreter, or not x86-64")
            return
        }
        let checker = try #require(Interpreter.all.last { $0.minor >= "3.6" || $0.minor.count > 3 })
        let program = try python.start([fixture("known_stacks.py"), "--threads", "\(threads)"])
        let folder = try Folder()
        let output = folder.file("known.folded")
        let run = try pyflame(
            ["-p", "\(program.pid)", "--nonblocking", "-s", "1", "-r", "0.0005", "--stats", "-o", output]
                + (threads > 0 ? ["--threads"] : []))
        #expect(run.status == 0 && run.err.contains("stops:        0,"), "\(run.err)")
        #expect(!isTraced(program.pid))
        let check = try Child([checker.command, fixture("check_known_stacks.py"), output]).finish()
        #expect(check.status == 0 && check.out.contains(" impossible 0 "), "\(python): \(check.out)")
        #expect(!check.out.hasPrefix("samples 0 "), "\(check.out)")
        print("NONBLOCKING \(python.version), \(threads) more threads: \(check.out)")
    }

    /// A target that ends or becomes another program ends the profile, though nothing is traced.
    @Test(arguments: ["pass", "os.execv('/bin/sleep', ['sleep', '60'])"])
    func nonblockingEnd(_ end: String) throws {
        guard isX86, let python = Interpreter.any else {
            print("NOT TESTED: the end of a target under --nonblocking: not x86-64")
            return
        }
        let program = try python.start([
            "-c", "import os, sys\nprint('ready', flush=True)\nsys.stdin.readline()\n\(end)",
        ])
        let profiler = try Child([pyflamePath, "-p", "\(program.pid)", "--nonblocking", "-s", "1000"])
        #expect(eventually { waitsForATick(profiler.pid) })
        (program.process.standardInput as? Pipe)?.fileHandleForWriting.write(Data("\n".utf8))
        let run = profiler.finish()
        #expect(run.status == 0 && run.err.isEmpty, "\(run.err)")
    }

    /// Whether it samples: one of its threads sits in rt_sigtimedwait (128 on x86-64).
    private func waitsForATick(_ profiler: Int32) -> Bool {
        let tasks = "/proc/\(profiler)/task"
        return ((try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? []).contains {
            (try? String(contentsOfFile: "\(tasks)/\($0)/syscall", encoding: .utf8))?.hasPrefix("128 ") ?? false
        }
    }

    private var isX86: Bool {
        #if arch(x86_64)
            true
        #else
            false
        #endif
    }
}
