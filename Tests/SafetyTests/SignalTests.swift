import Foundation
import TestSupport
import Testing

/// Signals to a profiled process: none lost, none out of order, and its job control works.
///
/// PYFLAME_SIGNALS: how many each target takes.
@Suite(.serialized) struct SignalTests {
    private static let signals = amount("PYFLAME_SIGNALS", short: 3000)

    /// While SIGALRM and SIGPROF come at 1 kHz as well.
    @Test(arguments: ["3.6", "3.9", "3.13"], [[], ["--threads"]])
    func storms(_ minor: String, _ options: [String]) throws {
        guard let python = interpreters([minor], for: "signals").first else { return }
        let program = try python.start([fixture("signals.py"), "\(Self.signals)"])
        let profiler = try Child(
            [pyflamePath, "-p", "\(program.pid)", "-r", "0.001", "-s", "10000", "--stats", "-o", "/dev/null"] + options)
        // It takes them all, or never ends.
        let report = program.finish()
        let run = profiler.finish()
        #expect(run.status == 0, "\(run.err)")
        let line = report.out.split(separator: "\n").last ?? ""
        #expect(line.hasPrefix("sent \(Self.signals) delivered \(Self.signals) order ok"), "\(report.out) \(report.err)")
        let stops = run.err.split(separator: "\n").first { $0.hasPrefix("stops:") } ?? ""
        print("SIGNALS \(python.version) \(options): \(line); \(stops)")
    }

    /// SIGSTOP from outside holds all threads; SIGCONT lets them go on, and so does the profile.
    @Test(arguments: ["2.7", "3.13"])
    func jobControl(_ minor: String) throws {
        guard let python = interpreters([minor], for: "job control").first else { return }
        let steady = try Steady(python)
        let output = try Folder()
        let profiler = try Child([
            pyflamePath, "-p", "\(steady.pid)", "-r", "0.001", "-s", "10000", "-o", output.file("out"),
        ])
        #expect(eventually { statusField("TracerPid", of: steady.pid) != "0" })
        for _ in 0..<10 {
            kill(steady.pid, SIGSTOP)
            #expect(eventually {
                let states = threadStates(steady.pid)
                return states.count > 1 && states.allSatisfy { $0.value == "T" || $0.value == "t" }
            })
            let before = steady.counts
            // The sampler takes no notice: it must not set the target going.
            usleep(20_000)
            #expect(steady.counts == before && stoppedThreads(steady.pid).count == threadStates(steady.pid).count)
            kill(steady.pid, SIGCONT)
            #expect(steady.goesOn())
        }
        // A pyflame that ends leaves a stopped process stopped, and a running one running.
        kill(steady.pid, SIGSTOP)
        #expect(eventually { stoppedThreads(steady.pid).count == threadStates(steady.pid).count })
        kill(profiler.pid, SIGINT)
        let run = profiler.finish()
        #expect(run.status == 0 && run.err.isEmpty, "\(run.err)")
        #expect(threadStates(steady.pid).allSatisfy { $0.value == "T" }, "\(threadStates(steady.pid))")
        kill(steady.pid, SIGCONT)
        #expect(steady.goesOn())
        #expect(output.text("out").contains("steady.py"))
    }

    /// The parent hears of its child's stops, as without a profiler.
    @Test func theParentHearsOfStops() throws {
        let python = try #require(Interpreter.any)
        let program = """
            import os, signal, sys, time
            child = os.fork()
            if child == 0:
                while True: sum(range(1000))
            print("ready %d" % child, flush=True)
            sys.stdin.readline()
            for number in range(20):
                os.kill(child, signal.SIGSTOP)
                pid, status = os.waitpid(child, os.WUNTRACED)
                assert os.WIFSTOPPED(status) and os.WSTOPSIG(status) == signal.SIGSTOP, status
                os.kill(child, signal.SIGCONT)
                pid, status = os.waitpid(child, os.WCONTINUED)
                assert os.WIFCONTINUED(status), status
            os.kill(child, signal.SIGKILL)
            pid, status = os.waitpid(child, 0)
            assert os.WIFSIGNALED(status), status
            print("all heard", flush=True)
            """
        let parent = try python.start(["-c", program])
        let child = try #require(parent.out.split(separator: " ").last.flatMap { Int32($0.trimmingCharacters(in: .whitespacesAndNewlines)) })
        let profiler = try Child([pyflamePath, "-p", "\(child)", "-r", "0.001", "-s", "10000", "-o", "/dev/null"])
        #expect(eventually { statusField("TracerPid", of: child) != "0" })
        (parent.process.standardInput as? Pipe)?.fileHandleForWriting.write(Data("\n".utf8))
        let report = parent.finish()
        #expect(report.status == 0 && report.out.hasSuffix("all heard\n"), "\(report.out)\(report.err)")
        #expect(profiler.finish().status == 0)
    }

    /// Another tracer is told no while pyflame is there and can attach right after; and the other way round.
    @Test func anotherTracer() throws {
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/strace") else {
            print("NOT TESTED: another tracer: there is no strace")
            return
        }
        let steady = try Steady(try #require(Interpreter.any))
        let profiler = try Child([pyflamePath, "-p", "\(steady.pid)", "-s", "10000", "-o", "/dev/null"])
        #expect(eventually { statusField("TracerPid", of: steady.pid) != "0" })
        let refused = try Child(["/usr/bin/strace", "-p", "\(steady.pid)"]).finish()
        #expect(refused.status != 0)
        kill(profiler.pid, SIGINT)
        #expect(profiler.finish().status == 0)

        let strace = try Child(["/usr/bin/strace", "-f", "-o", "/dev/null", "-p", "\(steady.pid)"])
        #expect(eventually { statusField("TracerPid", of: steady.pid) == "\(strace.pid)" })
        let run = try pyflame(["-p", "\(steady.pid)"])
        #expect(run.status == 1 && run.err.contains("already traced by process \(strace.pid) (strace)"), "\(run.err)")
        #expect(steady.goesOn())
        kill(strace.pid, SIGINT)
        _ = strace.finish()
        #expect(steady.goesOn() && stoppedThreads(steady.pid).isEmpty)
    }
}
