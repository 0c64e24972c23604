import Foundation
import FrameDecoding
import TestSupport
import Testing

@testable import Formats
@testable import Output
@testable import Profiles

/// Profiles that were written before, by pyflame and by others.
struct ReadingTests {
    /// What is read of `bytes`, as folded stacks.
    private func folded(_ bytes: [UInt8], lineNumbers: Bool = true) throws -> String {
        let path = NSTemporaryDirectory() + "/pyflame-reading-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let frames = FrameTable()
        let sink = FoldedSink(formatter: FrameFormatter(frames: frames, lineNumbers: lineNumbers))
        let run = try ProfileReader(name: "in", frames: frames).read(InputFile(path: path), into: sink)
        return String(decoding: try sink.bytes(run), as: UTF8.self)
    }
    private func folded(_ text: String, lineNumbers: Bool = true) throws -> String {
        try folded(Array(text.utf8), lineNumbers: lineNumbers)
    }

    private func problem(_ bytes: [UInt8]) -> String {
        do {
            _ = try folded(bytes)
            return ""
        } catch { return (error as? ProfileReadError)?.explanation ?? "\(error)" }
    }

    @Test func whatWasWrittenComesBack() throws {
        let text = """
            (idle) 7
            (failed) 2
            /a b/c.py:<module>:1;/a b/c.py:größe.<locals>.f:12 3
            /a b/c.py:<module>:1;<frozen importlib._bootstrap>:_load:9;x\\x3by.py:g:0 1
            process 12 (python3);a.py:f:1 5

            """
        #expect(try folded(text).split(separator: "\n").sorted() == text.split(separator: "\n").sorted())
    }

    @Test(arguments: [
        ("main.py:f:3 4", "main.py", "f", 3), ("f (a/b.py:12) 4", "a/b.py", "f", 12),
        ("C:\\x.py:f:3 4", "C:\\x.py", "f", 3), ("x.py:f 4", "x.py", "f", 0), (":f:3 4", "", "f", 3), ("<string>:<lambda> 4", "<string>", "<lambda>", 0),
        ("a::b:12 4", "", "a::b:12", -1), ("main 4", "", "main", -1), ("thread (0x7F) 4", "", "thread (0x7F)", -1),
        ("process 5:\"python x.py\" 4", "", "process 5:\"python x.py\"", -1), ("sys_read_[k] 4", "", "sys_read_[k]", -1),
        (" (a.py:3) 4", "", "(a.py:3)", -1), ("f.py:g:99999999999 4", "", "f.py:g:99999999999", -1),
    ])
    func framesOfManyTools(line: String, file: String, name: String, number: Int) {
        let text = line.dropLast(2).trimmingCharacters(in: .whitespaces)
        // A line of -1 stands for a text that is no frame of any known tool.
        let expected = number < 0 ? Frame.label(name) : Frame(file: file, name: name, line: number)
        #expect(Frame(folded: text) == expected)
    }

    @Test func remarksBlanksAndFractions() throws {
        #expect(try folded("# austin: 3.6\r\n\n  a;b 2.0\r\na;b\t3\na;b 0\nc 1.6") == "a;b 5\nc 2\n")
    }

    @Test func manyLinesOfAnyLength() throws {
        let deep = (0..<10_000).map { "f\($0 % 7)" }.joined(separator: ";")
        let lines = (0..<1000).map { "a.py:m:1;a.py:f:\($0) 1" }
        let text = ([deep + " 3"] + lines).joined(separator: "\n")
        let found = try folded(text).split(separator: "\n")
        #expect(found.count == 1001 && found.contains { $0.utf8.count > 25_000 && $0.hasSuffix(" 3") })
    }

    @Test(arguments: [
        ("", "it is empty"), ("a;b 3\nfoo", "line 2: a stack and a number of samples are expected"),
        ("a;b\u{1b}[31m x", "\\x1b[31m x"), ("a -3", "line 1"), ("a 1e5", "line 1"), ("5", "line 1"),
        ("a 9007199254740992\nb 1", "line 2: the counts add up"), ("a 99999999999999999999", "line 1"),
        (" {\"a\":1}", "it is JSON"),
    ])
    func whatIsWrongIsSaid(text: String, expected: String) {
        let problem = problem(Array(text.utf8))
        #expect(problem.hasPrefix("Failed to read in") && problem.contains(expected), "\(problem)")
        #expect(!problem.contains("\u{1b}"))
    }

    /// One profile of each kind of field, as a run gives it.
    private func pprof() throws -> [UInt8] {
        let scene = Scene()
        let sink = PprofSink(frames: scene.frames)
        sink.begin(ProfiledProcess(pid: 5, command: "python3", version: PythonVersion(3, 13, 0)))
        for thread in 1...3 as ClosedRange<UInt64> {
            var sample = scene.thread(thread, "a.py:m:1;a.py:f:\(thread)")
            sample.tid = Int32(thread) + 100
            sample.name = "worker \(thread)"
            sink.record(Sample(time: 0, pid: 5, outcome: .stacks([sample]), count: Int(thread) * 10))
        }
        sink.record(Sample(time: 0, pid: 5, outcome: .idle))
        sink.record(Sample(time: 0, pid: 5, outcome: .failed))
        return try sink.bytes(RunSummary(startedAt: 9, duration: 8, interval: 5_000_000, mode: .cpu))
    }

    @Test func pprofComesBack() throws {
        let packed = try pprof()
        let expected = """
            (idle) 1
            (failed) 1
            a.py:m:1;a.py:f:1 10
            a.py:m:1;a.py:f:2 20
            a.py:m:1;a.py:f:3 30

            """
        #expect(try folded(packed) == expected)
        #expect(try folded(try gunzip(packed, limit: 1 << 20)) == expected)
    }

    @Test func pprofKeepsThreadsProcessesAndPeriod() throws {
        let path = NSTemporaryDirectory() + "/pyflame-reading-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let packed = try pprof()
        try Data(packed).write(to: URL(fileURLWithPath: path))
        let frames = FrameTable()
        let sink = PprofSink(frames: frames)
        let run = try ProfileReader(name: "in", frames: frames).read(InputFile(path: path), into: sink)
        #expect([run.interval, run.duration, run.startedAt] == [5_000_000, 8, 9] && run.mode == .cpu && run.samples == 62)
        func sorted(_ bytes: [UInt8]) throws -> [String] {
            let message = try WireMessage(gunzip(bytes, limit: 1 << 20))
            let strings = message.bytes(6).map { String(decoding: $0, as: UTF8.self) }
            return try message.messages(2).map { sample in
                try sample.messages(3).map { "\(strings[$0.number(1)])=\(strings[$0.number(2)])\($0.number(3))" }
                    .joined(separator: ",") + " \(try sample.numbers(2))"
            }.sorted()
        }
        #expect(try sorted(try sink.bytes(run)) == sorted(packed))
    }

    @Test func pprofOfTooManyStrings() throws {
        let path = NSTemporaryDirectory() + "/pyflame-reading-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        // Strings without a byte, two bytes each.
        try Data((0..<2002).map { $0 % 2 == 0 ? 0x32 : 0 }).write(to: URL(fileURLWithPath: path))
        var reader = ProfileReader(name: "in", frames: FrameTable())
        reader.mostTableRows = 1000
        #expect(throws: ProfileReadError("in", "it has more than 1000 strings, functions and places")) {
            try reader.read(InputFile(path: path), into: FoldedSink(formatter: FrameFormatter(frames: FrameTable())))
        }
    }

    /// A thousand frames at each place, and as many places as a short file can name: it must not be taken at its word.
    @Test func pprofOfTooDeepStacks() {
        func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
            var field: [UInt8] = [number << 3 | 2]
            for place in 0..<4 {
                let bits = UInt8(truncatingIfNeeded: bytes.count >> (place * 7)) & 0x7f
                field.append(place < 3 ? bits | 0x80 : bits)
            }
            return field + bytes
        }
        let type = field(1, [0x08, 0])
        let place = field(4, [0x08, 1] + (0..<1000).flatMap { _ in field(4, []) })
        let stack = field(1, [UInt8](repeating: 1, count: 66))
        #expect(problem(type + place + field(2, stack + field(2, [1]))).contains("a stack has more than 65536 frames"))
        let packed = field(1, [UInt8](repeating: 1, count: 700_000))
        #expect(problem(type + field(2, packed)).contains("a stack has more than 65536 frames"))
        #expect(problem(type + place + field(2, field(1, [1]) + field(2, [1]))) == "")
    }

    @Test func foldedTooDeep() {
        func line(_ depth: Int) -> [UInt8] { Array(String(repeating: "f;", count: depth - 1).utf8) + Array("f 1\n".utf8) }
        #expect(problem(line(65536)) == "")
        #expect(problem(line(1) + line(65537)) == "Failed to read in, line 2: its stack has more than 65536 frames")
    }

    /// Cut off or changed anywhere, it is an error or another profile, and never a crash.
    @Test func damagedPprof() throws {
        let packed = try pprof()
        #expect(problem(packed.dropLast(9) + []).contains("damaged or cut off"))
        let message = try gunzip(packed, limit: 1 << 20)
        var errors = 0
        for length in stride(from: 1, to: message.count, by: 23) where !problem(Array(message[..<length])).isEmpty { errors += 1 }
        #expect(errors > 0)
        var state: UInt64 = 7
        for _ in 0..<60 {
            var bytes = message
            for _ in 0..<3 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                bytes[Int(state >> 33) % bytes.count] = UInt8(truncatingIfNeeded: state >> 25)
            }
            _ = problem(bytes)
        }
    }
}

struct ComparisonTests {
    private func comparison(_ before: String, _ after: String, excludeIdle: Bool = false) throws -> Comparison {
        let frames = FrameTable()
        let comparison = Comparison(frames: frames, excludeIdle: excludeIdle)
        for (text, sink) in [(before, comparison.sides.before), (after, comparison.sides.after)] {
            for line in text.split(separator: "\n") {
                let parts = line.split(separator: " ")
                let stack = parts[0].split(separator: ";").map { frames.intern(Frame(folded: String($0))) }
                let thread = ThreadSample(
                    thread: ThreadState(address: 0, interpreter: 0, threadID: 0, nativeThreadID: nil), isHolder: true,
                    frames: stack.reversed())
                let outcome = Sample.Outcome(stack: parts[0]) ?? .stacks([thread])
                sink.record(Sample(time: 0, pid: 0, outcome: outcome, count: Int(parts[1]) ?? 0))
            }
        }
        return comparison
    }

    private func text(_ write: (ProfileOutput) throws -> Void) throws -> String {
        var bytes: [UInt8] = []
        try write(ProfileOutput { bytes += $0 })
        return String(decoding: bytes, as: UTF8.self)
    }

    private static let before = "a.py:m:1;a.py:f:2 60\na.py:m:1;a.py:g:3 30\na.py:m:1;a.py:f:2;a.py:f:2 10\n"
    private static let after = "a.py:m:9;a.py:f:2 20\na.py:m:9;a.py:g:4 150\na.py:m:9;a.py:h:5 30\n"

    @Test func sharesAreOfEachProfile() throws {
        let comparison = try comparison(Self.before, Self.after)
        let table = try text { try comparison.writeTable(before: "old", after: "new", into: $0) }
        let rows = table.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
        #expect(rows[0] == "before: old, 100 samples" && rows[1] == "after: new, 200 samples")
        // Lines have moved; f called by itself counts once.
        #expect(
            rows.suffix(3) == [
                "30.0 75.0 +45.0 30.0 75.0 g a.py", "0.0 15.0 +15.0 0.0 15.0 h a.py",
                "70.0 10.0 -60.0 70.0 10.0 f a.py",
            ])
    }

    @Test func noChangeIsSaid() throws {
        let comparison = try comparison(Self.before, Self.before)
        #expect(try text { try comparison.writeTable(before: "a", after: "b", into: $0) }.hasSuffix("or more.\n"))
    }

    /// As difffolded.pl writes it: the stack, before, after.
    @Test func foldedHasTwoCounts() throws {
        let comparison = try comparison("a;b 3\na;c 4\n(idle) 5", "a;b 6\nd 1", excludeIdle: true)
        #expect(try text { try comparison.writeFolded(lineNumbers: true, into: $0) } == "a;b 3 6\na;c 4 0\nd 0 1\n")
    }

    @Test func thePictureIsColoured() throws {
        let comparison = try comparison(Self.before, Self.after)
        let svg = try text {
            try comparison.writePicture(before: "old", after: "n<ew", options: FlameGraphSVG.Options(), into: $0)
        }
        #expect(svg.contains("n&lt;ew compared with old") && svg.contains("200 samples, before 100"))
        #expect(svg.contains("+45.0 points") && svg.contains("−60.0 points"))
    }
}
