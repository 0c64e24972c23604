import Foundation
import TestSupport
import Testing

/// The path of a program that may be missing.
private func program(_ name: String) -> String? {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(name)" }
        .first { FileManager.default.isExecutableFile(atPath: $0) }
}

/// What pyflame writes, opened by the tools that it is meant for. (What cannot run here is checked
/// against the formats' own rules in FormatsTests; docs/formats.md says which is which.)
struct ReaderTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    private func pyflame(_ arguments: String...) throws -> Finished {
        try Child([pyflamePath] + arguments, input: "").finish()
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

    /// Callgrind's own program: what each function cost, alone and with all that it called, and its callers.
    @Test(.enabled(if: program("callgrind_annotate") != nil, "callgrind_annotate is not installed (valgrind)"))
    func callgrind() throws {
        let input = try folder.write(
            "in.folded",
            """
            /app/a.py:<module>:3;/app/a.py:f:12 30
            /app/a.py:<module>:3;/app/a.py:f:12;/app/a.py:f:12;/app/größe.py:g(x):7 12
            /app/a.py:<module>:4 5

            """)
        let output = folder.file("out.callgrind")
        let run = try pyflame("--convert", input, "-o", output)
        #expect(run.status == 0 && run.err.isEmpty, "\(run.err)")
        func annotate(_ options: String...) throws -> [String] {
            let command = [try #require(program("callgrind_annotate"))] + options + ["--auto=no", "--threshold=100", output]
            let tool = try Child(command, input: "").finish()
            #expect(tool.status == 0 && tool.err.isEmpty, "\(tool.err)")
            return tool.out.split(separator: "\n").map { line in
                line.split { " ()".contains($0) }.filter { !$0.hasSuffix("%") }.joined(separator: " ")
            }
        }
        let own = try annotate("--inclusive=no")
        for line in ["47 PROGRAM TOTALS", "30 /app/a.py:f [python]", "12 /app/größe.py:g x [python]", "5 /app/a.py:<module> [python]"] {
            #expect(own.contains(line), "\(line)\n\(own)")
        }
        // The recursion counts once.
        let all = try annotate("--inclusive=yes")
        for line in ["47 /app/a.py:<module> [python]", "42 /app/a.py:f [python]", "12 /app/größe.py:g x [python]"] {
            #expect(all.contains(line), "\(line)\n\(all)")
        }
        let callers = try annotate("--tree=caller", "--inclusive=yes")
        #expect(callers.contains { $0.hasPrefix("42 < /app/a.py:<module>") }, "\(callers)")
    }

    @Test func everyFormatCanBeConvertedTo() throws {
        let input = try folder.write("in.folded", Self.before)
        for format in ["folded", "flamechart", "cpuprofile", "chrometrace", "speedscope", "firefox", "svg", "html", "pprof", "callgrind", "jsonl"] {
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
