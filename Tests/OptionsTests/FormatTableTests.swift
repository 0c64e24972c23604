import FrameDecoding
import Testing

@testable import Formats
@testable import Host

/// The table of formats, and a program of one's own that adds to it.
struct FormatTableTests {
    private final class NoSink: SampleSink {
        func record(_ sample: Sample) {}
        func finish(_ run: RunSummary, into output: ProfileOutput) throws {}
    }

    private static let mine = OutputFormat(name: "mine", endings: [".mine.json"], summary: "for a test") { _ in NoSink() }

    @Test func namesAndEndingsAreUnique() {
        let formats = OutputFormat.standard
        #expect(Set(formats.map(\.name)).count == formats.count)
        let endings = formats.flatMap(\.endings)
        #expect(Set(endings).count == endings.count && endings.allSatisfy { $0.hasPrefix(".") && $0 == $0.lowercased() })
    }

    @Test func aFormatFromOutsideIsKnown() throws {
        let formats = OutputFormat.standard + [Self.mine]
        func parse(_ arguments: String...) throws -> Options {
            try Options.parse(arguments: arguments, supported: [], formats: formats)
        }
        #expect(try parse("-p", "1", "--format", "mine").format == Self.mine)
        let byName = try parse("-p", "1", "-o", "a.Mine.JSON")
        #expect(byName.format == Self.mine && byName.outputEnding == ".mine.json")
        #expect(makeSink(byName, frames: FrameTable(), sources: nil) is NoSink)
        #expect(helpText(supported: [], formats: formats).contains("  mine                       for a test (*.mine.json)"))
        #expect(throws: UsageError.self) { try Options.parse(arguments: ["-p", "1", "--format", "mine"], supported: []) }
    }

    /// What has no times has counts, which is what --top keeps.
    @Test func abilities() {
        let counting = OutputFormat.standard.filter { !$0.abilities.contains(.times) }
        #expect(counting.map(\.name) == ["folded", "pprof", "callgrind", "svg"])
        let withProcesses = OutputFormat.standard.filter { $0.abilities.contains(.processes) }
        #expect(withProcesses.map(\.name) == ["chrometrace", "speedscope", "firefox", "pprof", "jsonl", "html"])
    }

    @Test func whatMayHoldSecretsIsPrivate() throws {
        for line in ["-p 1 -o a.html", "-p 1 --record a", "-p 1 -d --locals -o a", "--per-process -p 1 -o a.html"] {
            #expect(try parse(line).isPrivate, "\(line)")
        }
        for line in ["-p 1 -o a.svg", "-p 1", "-p 1 -d -o a", "--convert b -o a.html"] {
            #expect(try !parse(line).isPrivate, "\(line)")
        }
    }
}
