import Foundation
import TestSupport
import Testing

/// A target is never left stopped, at whatever moment pyflame dies.
///
/// PYFLAME_KILLS: how often it is killed, on each interpreter and in each way.
@Suite(.serialized) struct KillTests {
    private static let kills = amount("PYFLAME_KILLS", short: 15)

    /// While it attaches, samples and detaches.
    @Test(arguments: ["2.7", "3.9", "3.13"], [[], ["--threads"]])
    func attached(_ minor: String, _ options: [String]) throws {
        guard let python = interpreters([minor], for: "SIGKILL while attached").first else { return }
        let steady = try Steady(python)
        var traced = 0
        for round in 0..<Self.kills {
            // As often as it can be had, the target is stopped: a third of the time.
            let profiler = try Child(
                [pyflamePath, "-p", "\(steady.pid)", "-r", "0.00005", "-s", "0.03", "-o", "/dev/null"] + options)
            if round % 3 > 0 {
                // Well into the sampling; otherwise at any moment, from its start on.
                _ = eventually { statusField("TracerPid", of: steady.pid) != "0" || !profiler.process.isRunning }
            }
            usleep(randomMoment(below: round % 3 > 0 ? 15_000 : 60_000))
            if statusField("TracerPid", of: steady.pid) != "0" { traced += 1 }
            kill(profiler.pid, SIGKILL)
            profiler.process.waitUntilExit()
            #expect(stoppedThreads(steady.pid) == [], "round \(round)")
        }
        #expect(steady.goesOn())
        print("KILLED \(python.version) \(options): \(Self.kills) times, \(traced) of them while it traced")
        #expect(traced > Self.kills / 4)
    }

    /// While it starts and follows a command, with children of the command.
    @Test(arguments: ["python", "wrapper", "children"])
    func tracing(_ kind: String) throws {
        guard let python = interpreters(["3.9"], for: "SIGKILL in trace mode").first else { return }
        let folder = try Folder()
        let program = "\(python.command) \(fixture("steady.py")) \(folder.path)/counts.$$"
        let command = switch kind {
            case "python": ["sh", "-c", "exec \(program)"]
            case "wrapper": ["sh", "-c", "\(program); true"]
            // What a shell runs in the background gets an empty stdin, and would end at once.
            default: ["sh", "-c", "exec 3<&0; (exec \(program) <&3) & (exec \(program)x <&3) & (exec \(program)y <&3) & wait"]
        }
        // Whom a killed pyflame leaves behind is known by this.
        let mark = UUID().uuidString
        var survivors = 0
        let kills = Self.kills > 15 ? Self.kills : 8
        for round in 0..<kills {
            let profiler = try Child(
                [pyflamePath, "-r", "0.00005", "-o", "/dev/null", "-t"] + command, environment: ["PYFLAME_TEST": mark])
            usleep(randomMoment(below: round % 2 == 0 ? 30_000 : 200_000))
            kill(profiler.pid, SIGKILL)
            // Not waitUntilExit, which waits for all that the command has started as well.
            #expect(eventually { hasEnded(profiler.pid) })
            let left = processes(marked: mark)
            for pid in left { #expect(stoppedThreads(pid) == [], "round \(round), process \(pid)") }
            // Each lives on, or was to end: none hangs.
            for pid in left {
                // The last argument of a Python; a shell's is its script.
                let file = commandLine(of: pid).split(separator: "\0").last.map(String.init) ?? ""
                guard file.hasPrefix(folder.path) else { continue }
                survivors += 1
                #expect(eventually(seconds: 60) { !isRunning(pid) || (readCounts(file).min() ?? 0) > 0 })
                if isRunning(pid) { #expect(allGoOn { readCounts(file) }) }
            }
            endAll(marked: mark)
            for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
                try FileManager.default.removeItem(atPath: folder.file(name))
            }
        }
        print("KILLED in trace mode (\(kind)): \(kills) times, \(survivors) Python processes lived on")
        #expect(survivors > 0)
    }

    /// All its threads are gone, and with them its hold on others.
    private func hasEnded(_ pid: Int32) -> Bool {
        threadStates(pid).allSatisfy { $0.key == pid && $0.value == "Z" }
    }

    private func isRunning(_ pid: Int32) -> Bool {
        guard let state = statusField("State", of: pid) else { return false }
        return !state.hasPrefix("Z")
    }

    private func commandLine(of pid: Int32) -> String {
        String(decoding: FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data(), as: UTF8.self)
    }

    private func processes(marked mark: String) -> [Int32] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return all.compactMap { Int32($0) }.filter {
            let environment = FileManager.default.contents(atPath: "/proc/\($0)/environ") ?? Data()
            return environment.range(of: Data("PYFLAME_TEST=\(mark)".utf8)) != nil
        }
    }

    /// A shell that is on its way may start another one after it was looked for.
    private func endAll(marked mark: String) {
        let isQuiet = eventually(seconds: 60) {
            let left = processes(marked: mark).filter(isRunning)
            for pid in left { kill(pid, SIGKILL) }
            return left.isEmpty
        }
        #expect(isQuiet, "processes are left that carry the mark \(mark)")
    }
}
