import Foundation
import TestSupport
import Testing

/// What pyflame writes, opened by the tools that it is meant for. (What cannot run here is checked
/// against the formats' own rules in SinksTests; docs/formats.md says which is which.)
struct ReaderTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    private func pyflame(_ arguments: String...) throws -> Finished {
        try Child([pyflamePath] + arguments, input: "").finish()
    }

    /// The path of a program that may be missing.
    private func program(_ name: String) -> String? {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    private static let before = """
        (idle) 4
        /app/größe.py:<module>:3;/app/größe.py:main.<locals>.<lambda>:12 30
        /app/größe.py:<module>:3;/app/größe.py:main.<locals>.<lambda>:12;/usr/lib/python3.13/json/__init__.py:loads:346 12

        """

    /// pprof's own program: functions, files, lines, values and period.
    @Test func pprof() throws {
        guard let go = program("go") else {
            print("NOT TESTED: profiles in pprof: there is no go")
            return
        }
        let input = try folder.write("in.folded", Self.before)
        let output = folder.file("out.pb.gz")
        let run = try pyflame("--convert", input, "-r", "5ms", "-o", output)
        #expect(run.status == 0 && run.err.isEmpty, "\(run.err)")
        let environment = ["HOME": folder.path, "PPROF_TMPDIR": folder.path, "GOFLAGS": "-mod=mod"]
        let raw = try Child([go, "tool", "pprof", "-raw", output], input: "", environment: environment).finish()
        #expect(raw.status == 0, "\(raw.err)")
        for line in [
            "PeriodType: wall nanoseconds", "Period: 5000000", "samples/count wall/nanoseconds", "30  150000000:",
            "12   60000000:", "4   20000000:", "M=1 main.<locals>.<lambda> /app/größe.py:12",
            "M=1 loads /usr/lib/python3.13/json/__init__.py:346", "thread:[all threads]",
        ] {
            #expect(raw.out.contains(line), "\(line)\n\(raw.out)")
        }
        let top = try Child(
            [go, "tool", "pprof", "-top", "-cum", "-sample_index=samples", output], input: "", environment: environment
        ).finish()
        let rows = top.out.split(separator: "\n").map { $0.split(separator: " ") }
        func sums(_ name: Substring) -> [Substring]? { rows.first { $0.last == name }.map { [$0[0], $0[3]] } }
        #expect(sums("<module>") == ["0", "42"] && sums("loads") == ["12", "12"] && sums("(idle)") == ["4", "4"], "\(top.out)")
        #expect(sums("main.<locals>.<lambda>") == ["30", "42"])
    }

    /// flamegraph.pl draws two counts as a difference.
    @Test func flamegraphOfAComparison() throws {
        guard let flamegraph = program("flamegraph.pl") else {
            print("NOT TESTED: comparisons in flamegraph.pl: it is not on PATH")
            return
        }
        let before = try folder.write("before.folded", Self.before)
        let after = try folder.write("after.folded", Self.before.replacingOccurrences(of: " 12\n", with: " 60\n"))
        let folded = folder.file("diff.folded")
        #expect(try pyflame("--diff", before, after, "-o", folded).status == 0)
        let drawn = try Child([flamegraph, folded], input: "").finish()
        #expect(drawn.status == 0 && !drawn.err.contains("Ignored"), "\(drawn.err)")
        // A difference in percent is in the title of each frame.
        #expect(try /loads[^<]*; \+[0-9.]+%/.firstMatch(in: drawn.out) != nil)
    }

    /// Through another format and back nothing is lost.
    @Test func convertedAndBack() throws {
        let input = try folder.write("in.folded", Self.before)
        let packed = folder.file("a.pprof")
        #expect(try pyflame("--convert", input, "-o", packed).status == 0)
        let back = try pyflame("--convert", packed)
        #expect(back.status == 0 && back.out == Self.before, "\(back.out)")
        let piped = try Child([pyflamePath, "--convert", "-"], input: Self.before).finish()
        #expect(piped.out == Self.before)
    }

    @Test func everyFormatCanBeConvertedTo() throws {
        let input = try folder.write("in.folded", Self.before)
        for format in ["folded", "flamechart", "cpuprofile", "chrometrace", "speedscope", "firefox", "svg", "html", "pprof", "jsonl"] {
            let output = folder.file("out." + format)
            let run = try pyflame("--convert", input, "--format", format, "-o", output)
            #expect(run.status == 0 && run.err.isEmpty, "\(format): \(run.err)")
            #expect(FileManager.default.contents(atPath: output)?.isEmpty == false)
        }
    }

    @Test func whatCannotBeReadLeavesTheOldOutput() throws {
        let output = try folder.write("out.svg", "old")
        let input = try folder.write("in.folded", "a;b 3\nno count\n")
        let run = try pyflame("--convert", input, "-o", output)
        #expect(run.status == 1 && run.out.isEmpty)
        #expect(run.err.hasPrefix("Failed to read \(input), line 2: "), "\(run.err)")
        #expect(folder.text("out.svg") == "old")
        let missing = try pyflame("--diff", input, folder.file("none"))
        #expect(missing.status == 1 && missing.err.contains("line 2"))
    }
}
