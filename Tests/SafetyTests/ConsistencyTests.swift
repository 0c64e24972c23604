import Foundation
import TestSupport
import Testing

/// Without any stop, stacks are of one moment as well: with all processors busy, and wherever the target runs.
///
/// PYFLAME_CONSISTENCY_SAMPLES: how many of each kind, on each interpreter.
@Suite(.serialized) struct ConsistencyTests {
    private static let wanted = amount("PYFLAME_CONSISTENCY_SAMPLES", short: 100)
    private static let tested = wanted > 100 ? Interpreter.eachMinor.map(\.minor) : ["2.7", "3.15"]

    enum Place: String, CaseIterable { case free, pinned, moving }

    @Test(arguments: tested, Place.allCases)
    func nonblocking(_ minor: String, _ place: Place) throws {
        guard let python = interpreters([minor], for: "consistency of --nonblocking").first else { return }
        let checker = try #require(Interpreter.all.last { $0.kind == "release" && $0.minor.hasPrefix("3.") })
        // Somebody else for each processor.
        let others = try (0..<ProcessInfo.processInfo.processorCount).map { _ in
            try Child([checker.command, "-c", "while True: pass"])
        }
        var total = Counts()
        for threads in ["0", "3"] {
            var counts = Counts()
            let program = try python.start([fixture("known_stacks.py"), "--threads", threads])
            for round in 0..<1000 where counts.samples < Self.wanted {
                let folder = try Folder()
                let mover = place == .free ? nil : try Child(
                    [checker.command, "-c", Self.mover, "\(program.pid)", place.rawValue, "\(round)"])
                if place == .pinned { #expect(mover?.finish().status == 0) }
                let run = try pyflame(
                    ["-p", "\(program.pid)", "--nonblocking", "-r", "0.0005", "-s", Self.wanted > 100 ? "10" : "0.3", "--stats",
                     "-o", folder.file("folded")] + (round % 2 == 0 ? [] : ["--threads"]))
                if place == .moving { #expect(mover?.process.isRunning == true, "\(mover?.err ?? "")") }
                #expect(run.status == 0, "\(run.err)")
                #expect(stoppedThreads(program.pid).isEmpty)
                let check = try Child([checker.command, fixture("check_known_stacks.py"), folder.file("folded")]).finish()
                #expect(check.status == 0 && check.out.contains(" impossible 0 "), "\(python) \(place): \(check.out)\(check.err)")
                counts.add(run.err)
            }
            print("CONSISTENT \(python.version), \(place.rawValue), \(threads) more threads: \(counts.samples) samples, "
                + "0 impossible, \(counts.failed) failed, \(counts.rejected) readings rejected")
            total.samples += counts.samples
            total.failed += counts.failed
            total.rejected += counts.rejected
        }
        withExtendedLifetime(others) {}
        #expect(total.samples >= 2 * Self.wanted)
        // The goal is a twentieth; of a short run, on a machine with much else to do, no more is asked than that it works.
        #expect(total.failed * 10 < total.samples && total.rejected < total.samples)
    }

    /// What `--stats` said, of all runs together.
    private struct Counts {
        var samples = 0
        var failed = 0
        var rejected = 0

        mutating func add(_ text: String) {
            func number(_ key: String) -> Int {
                text.split(separator: "\n").first { $0.hasPrefix(key + ":") }?
                    .split(whereSeparator: { " ,".contains($0) }).dropFirst().first.flatMap { Int($0) } ?? 0
            }
            samples += number("samples")
            failed += number("failed")
            rejected += number("rejected")
        }
    }

    /// Keeps all threads of a process on one processor, or on one after another: python -c MOVER PID PLACE FIRST
    private static let mover = """
        import itertools, os, sys, time
        pid, place, first = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
        for step in itertools.count(first):
            for tid in os.listdir("/proc/%d/task" % pid):
                os.sched_setaffinity(int(tid), {step % os.cpu_count()})
            if place == "pinned":
                break
            time.sleep(0.003)
        """
}
