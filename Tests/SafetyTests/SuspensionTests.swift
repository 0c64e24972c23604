import Foundation
import TestSupport
import Testing

/// pyflame is itself stopped for a while.
///
/// PYFLAME_SUSPENSIONS: how often.
@Suite(.serialized) struct SuspensionTests {
    private static let times = amount("PYFLAME_SUSPENSIONS", short: 6)

    private func isStopped(_ pid: Int32) -> Bool { threadStates(pid).allSatisfy { $0.value == "T" } }
    private func tracer(of pid: Int32) -> String? { statusField("TracerPid", of: pid) }
    /// Whether no thread of it is traced.
    private func isFree(_ pid: Int32) -> Bool { threadStates(pid).keys.allSatisfy { tracer(of: $0) == "0" } }

    /// By Ctrl-Z: it lets go of all that it holds, and takes it up again.
    @Test(arguments: ["2.7", "3.13"], [[], ["--threads"]])
    func terminalStop(_ minor: String, _ options: [String]) throws {
        guard let python = interpreters([minor], for: "Ctrl-Z").first else { return }
        let steady = try Steady(python)
        let folder = try Folder()
        let profiler = try Child(
            [pyflamePath, "-p", "\(steady.pid)", "-r", "0.0005", "-s", "10000", "-o", folder.file("out")] + options)
        for _ in 0..<Self.times {
            #expect(eventually { tracer(of: steady.pid) != "0" })
            usleep(randomMoment(below: 20_000))
            kill(profiler.pid, SIGTSTP)
            try #require(eventually { isStopped(profiler.pid) })
            #expect(isFree(steady.pid) && stoppedThreads(steady.pid).isEmpty && steady.goesOn())
            kill(profiler.pid, SIGCONT)
        }
        #expect(eventually { tracer(of: steady.pid) != "0" })
        // A stop that is taken back at once.
        for _ in 0..<Self.times {
            kill(profiler.pid, SIGTSTP)
            kill(profiler.pid, SIGCONT)
        }
        #expect(eventually { !isStopped(profiler.pid) && tracer(of: steady.pid) != "0" })
        kill(profiler.pid, SIGINT)
        let run = profiler.finish()
        #expect(run.status == 0 && run.err.isEmpty, "\(run)")
        #expect(folder.text("out").contains("steady.py") && steady.goesOn() && isFree(steady.pid))
    }

    /// The time of the stop is no part of the profile's.
    @Test func theDurationGoesOn() throws {
        let steady = try Steady(try #require(Interpreter.any))
        let profiler = try Child([pyflamePath, "-p", "\(steady.pid)", "-r", "0.01", "-s", "2", "--stats", "-o", "/dev/null"])
        #expect(eventually { tracer(of: steady.pid) != "0" })
        kill(profiler.pid, SIGTSTP)
        try #require(eventually { isStopped(profiler.pid) })
        usleep(2_500_000)
        kill(profiler.pid, SIGCONT)
        let run = profiler.finish()
        #expect(run.status == 0 && run.err.contains(" in 2."), "\(run.err)")
        let numbers = run.err.split(separator: "\n").prefix(2).compactMap { line in
            line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
        }
        // As many ticks as two seconds have, with one more for the second beginning.
        #expect((195...203).contains(numbers.reduce(0, +)), "\(run.err)")
    }

    @Test func theTargetEndsMeanwhile() throws {
        let steady = try Steady(try #require(Interpreter.any))
        let profiler = try Child([pyflamePath, "-p", "\(steady.pid)", "-s", "10000"])
        #expect(eventually { tracer(of: steady.pid) != "0" })
        kill(profiler.pid, SIGTSTP)
        try #require(eventually { isStopped(profiler.pid) })
        kill(steady.pid, SIGKILL)
        steady.child.process.waitUntilExit()
        kill(profiler.pid, SIGCONT)
        let run = profiler.finish()
        #expect(run.status == 0 && run.err.isEmpty, "\(run)")
    }

    /// By SIGSTOP, which it cannot know of before: what it has just stopped stays so, until it is continued or killed.
    @Test(arguments: ["0.01", "0.001"])
    func stop(_ interval: String) throws {
        let steady = try Steady(try #require(Interpreter.any))
        let profiler = try Child([pyflamePath, "-p", "\(steady.pid)", "-r", interval, "-s", "10000", "-o", "/dev/null"])
        #expect(eventually { tracer(of: steady.pid) != "0" })
        var held = 0
        for _ in 0..<Self.times {
            usleep(randomMoment(below: 30_000))
            kill(profiler.pid, SIGSTOP)
            try #require(eventually { isStopped(profiler.pid) })
            if !stoppedThreads(steady.pid).isEmpty { held += 1 }
            kill(profiler.pid, SIGCONT)
        }
        #expect(steady.goesOn())
        kill(profiler.pid, SIGSTOP)
        try #require(eventually { isStopped(profiler.pid) })
        kill(profiler.pid, SIGKILL)
        profiler.process.waitUntilExit()
        #expect(stoppedThreads(steady.pid).isEmpty && steady.goesOn())
        print("SIGSTOP of pyflame every \(interval) s: \(held) of \(Self.times) held a thread of the target")
    }
}
