import Foundation
import FrameDecoding
import TestSupport
import Testing

@testable import Formats
@testable import Output

/// The processed profile against what version 60 of it asks for. (By hand it was read by the
/// profiler's own code, which upgraded it to version 70: docs/formats.md.)
struct FirefoxTests {
    private func profile(_ sink: FirefoxSink) throws -> [String: Any] {
        let run = RunSummary(startedAt: 1_700_000_000_000_000_000, start: 1_000_000_000, interval: 10_000_000)
        let json = try gunzip(try sink.bytes(run), limit: 1 << 24)
        return try #require(try JSONSerialization.jsonObject(with: Data(json)) as? [String: Any])
    }

    /// Every table's columns are as long as it says.
    private func expectWhole(_ table: [String: Any], _ name: String) {
        for (column, values) in table where !["length", "weightType"].contains(column) {
            #expect((values as? [Any])?.count == table["length"] as? Int, "\(name).\(column)")
        }
    }

    /// For each thread its rows: time, stack, weight.
    private func rows(_ profile: [String: Any]) throws -> [String: [String]] {
        let shared = try #require(profile["shared"] as? [String: Any])
        let strings = try #require(shared["stringArray"] as? [String])
        func table(_ name: String) throws -> [String: Any] {
            let table = try #require(shared[name] as? [String: Any])
            expectWhole(table, name)
            return table
        }
        let stacks = try table("stackTable")
        let frames = try table("frameTable")
        let functions = try table("funcTable")
        for name in ["resourceTable", "nativeSymbols", "sources"] { _ = try table(name) }
        func integers(_ table: [String: Any], _ column: String) -> [Int?] {
            (table[column] as? [Any] ?? []).map { $0 as? Int }
        }
        func text(_ stack: Int?) throws -> String {
            var names: [String] = []
            var next = stack
            while let row = next {
                let frame = try #require(integers(stacks, "frame")[row])
                let function = try #require(integers(frames, "func")[frame])
                names.append(strings[try #require(integers(functions, "name")[function])])
                next = integers(stacks, "prefix")[row]
                #expect(next ?? -1 < row)
            }
            return names.reversed().joined(separator: ";")
        }
        var result: [String: [String]] = [:]
        for thread in try #require(profile["threads"] as? [[String: Any]]) {
            let samples = try #require(thread["samples"] as? [String: Any])
            expectWhole(samples, "samples")
            expectWhole(try #require(thread["markers"] as? [String: Any]), "markers")
            #expect(thread["pid"] is String && samples["weightType"] as? String == "samples")
            var time = 0.0
            let rows = try zip(try #require(samples["timeDeltas"] as? [Double]), integers(samples, "stack")).map {
                time += $0
                return "\(time) \(try text($1))"
            }
            result[try #require(thread["name"] as? String)] = zip(rows, integers(samples, "weight")).map {
                "\($0) \($1 ?? -1)"
            }
        }
        return result
    }

    @Test func aTrackForEachThread() throws {
        let scene = Scene()
        let sink = FirefoxSink(frames: scene.frames)
        sink.begin(ProfiledProcess(pid: 1, command: "\"py\"", version: PythonVersion(3, 13, 0)))
        func record(_ time: UInt64, _ threads: ThreadSample...) {
            sink.record(Sample(time: (1_000_000 + time) * 1000, pid: 1, outcome: .stacks(threads)))
        }
        var main = scene.thread(1, "a:m:1;a:f:2")
        main.tid = 1
        record(500, main, scene.thread(2, "/usr/lib/python3.13/x.py:w:1"))
        record(1500, main, scene.thread(2, "/usr/lib/python3.13/x.py:w:1"))
        record(2500, scene.thread(2, "/usr/lib/python3.13/x.py:w:1"))
        sink.record(Sample(time: 1_004_000_000, pid: 1, outcome: .idle))
        let profile = try profile(sink)
        #expect(
            try rows(profile) == [
                "Thread 1": ["0.0 m;f 2", "2.0  0"], "Thread 2": ["0.0 w 3", "3.5  0"],
                "no thread": ["0.0  0", "3.5 (idle) 1", "4.666  0"],
            ])
        let meta = try #require(profile["meta"] as? [String: Any])
        #expect(meta["preprocessedProfileVersion"] as? Int == 60 && meta["product"] as? String == "process 1 (\"py\")")
        #expect(meta["startTime"] as? Double == 1_700_000_000_000.5 && meta["interval"] as? Double == 10)
        let threads = try #require(profile["threads"] as? [[String: Any]])
        #expect(threads.map { $0["isMainThread"] as? Bool } == [true, false, false])
        // Categories: by index, and one of them grey.
        let categories = try #require(meta["categories"] as? [[String: Any]])
        #expect(categories.contains { $0["color"] as? String == "grey" })
        let shared = try #require(profile["shared"] as? [String: Any])
        let used = try #require((shared["frameTable"] as? [String: Any])?["category"] as? [Int])
        #expect(used.allSatisfy(categories.indices.contains))
        #expect(Set(used.map { categories[$0]["name"] as? String }).isSuperset(of: ["Own code", "Standard library", "Idle"]))
    }

    @Test func nothingRecordedIsAProfile() throws {
        #expect(try rows(try profile(FirefoxSink(frames: FrameTable()))).isEmpty)
    }
}

struct DumpJSONTests {
    @Test func threadsAsAnObject() throws {
        let scene = Scene()
        let sink = DumpJSONSink(frames: scene.frames)
        sink.begin(ProfiledProcess(pid: 9, command: "py\"", version: PythonVersion(3, 13, 1)))
        var named = scene.thread(139_638_471, "a.py:m:1;a.py:f:3", holder: true)
        (named.tid, named.name) = (9, "MainThread")
        sink.record(Sample(time: 0, pid: 9, outcome: .stacks([named, scene.thread(7, "")])))
        let dump = try #require(try JSONSerialization.jsonObject(with: Data(sink.text.utf8)) as? [String: Any])
        #expect(dump["pid"] as? Int == 9 && dump["command"] as? String == "py\"" && dump["version"] as? String == "3.13.1")
        let threads = try #require(dump["threads"] as? [[String: Any]])
        #expect(threads.map { $0["id"] as? Int } == [139_638_471, 7])
        #expect(threads.map { $0["gil"] as? Bool } == [true, false])
        #expect(threads[0]["tid"] as? Int == 9 && threads[0]["thread"] as? String == "MainThread")
        let frames = threads.map { ($0["frames"] as? [[String: Any]])?.map { "\($0["name"] ?? "")@\($0["line"] ?? "")" } }
        #expect(frames == [["f@3", "m@1"], []])
        #expect(DumpJSONSink(frames: FrameTable()).text == "{\"threads\":[\n]}\n")
    }
}
