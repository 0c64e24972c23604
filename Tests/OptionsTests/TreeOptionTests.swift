import Formats
import Testing

@testable import Host

/// --subprocesses and --per-process.
@Suite(.serialized) struct TreeOptionTests {
    private func complaint(_ line: String) -> String {
        do throws(UsageError) {
            _ = try parse(line)
            return "none"
        } catch {
            return error.description
        }
    }

    @Test func oneOrMany() throws {
        #expect(try !parse("-p 1").subprocesses)
        #expect(try parse("--subprocesses -p 1").subprocesses)
        let each = try parse("--per-process -o a.svg -t python --per-process")
        #expect(each.perProcess && each.subprocesses && each.command == ["python", "--per-process"])
    }

    @Test(arguments: ["", " -o -", " -o /dev/stdout", " -o /dev/null", " -o /proc/self/fd/1"])
    func aFileForEachNeedsAName(output: String) {
        let error = complaint("--per-process -p 1" + output)
        #expect(error.hasPrefix("Usage: ") && error.contains("--per-process writes one file"), "\(error)")
        #expect(error.contains("profile.PID.folded"))
    }

    @Test(arguments: [
        "--probe --subprocesses -p 1", "-d --per-process -o x -p 1", "--record x --subprocesses -p 1",
        "--replay x --per-process",
    ])
    func notTogether(line: String) {
        #expect(complaint(line).hasPrefix("not mutually compatible"), "\(line): \(complaint(line))")
    }

    @Test(arguments: [
        ("profile.folded", "profile.7.folded", "profile.7-2.folded"),
        ("/a.b/profile", "/a.b/profile.7", "/a.b/profile.7-2"),
        ("run.pb.gz", "run.7.pb.gz", "run.7-2.pb.gz"), ("out.txt", "out.7.txt", "out.7-2.txt"),
        (".hidden", ".hidden.7", ".hidden.7-2"), ("dir/.svg", "dir/.svg.7", "dir/.svg.7-2"),
        ("RUN.SVG", "RUN.7.SVG", "RUN.7-2.SVG"),
    ])
    func names(given: String, first: String, second: String) {
        let names = ProcessFileNames(path: given, knownEnding: OutputFormat.standard.knownEnding(of: given))
        #expect(names.next(7) == first)
        #expect(names.next(8) != first)
        #expect(names.next(7) == second)
    }
}
