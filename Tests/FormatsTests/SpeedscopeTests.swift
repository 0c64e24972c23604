import Foundation
import FrameDecoding
import TestSupport
import Testing

@testable import Formats

/// What speedscope's published schema and its importer ask of a file: the first thing that is wrong.
func speedscopeComplaint(_ data: Data) throws -> String? {
    let file = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    guard file["$schema"] as? String == "https://www.speedscope.app/file-format-schema.json" else { return "$schema" }
    guard file["name"] is String, file["exporter"] is String else { return "name, exporter" }
    guard let frames = (file["shared"] as? [String: Any])?["frames"] as? [[String: Any]] else { return "frames" }
    for frame in frames {
        guard frame["name"] is String else { return "name of a frame" }
        if let file = frame["file"] { guard file is String else { return "file of a frame" } }
        if let line = frame["line"] { guard line as? Int ?? 0 > 0 else { return "line of a frame" } }
        guard Set(frame.keys).isSubset(of: ["name", "file", "line", "col"]) else { return "\(frame.keys)" }
    }
    guard let profiles = file["profiles"] as? [[String: Any]] else { return "profiles" }
    guard let active = file["activeProfileIndex"] as? Int, active == 0 || profiles.indices.contains(active)
    else { return "activeProfileIndex" }
    for profile in profiles {
        guard profile["type"] as? String == "sampled", profile["name"] is String else { return "type, name" }
        let units = ["none", "nanoseconds", "microseconds", "milliseconds", "seconds", "bytes"]
        guard let unit = profile["unit"] as? String, units.contains(unit) else { return "unit" }
        guard let start = profile["startValue"] as? Int, let end = profile["endValue"] as? Int, end >= start,
            let samples = profile["samples"] as? [[Int]], let weights = profile["weights"] as? [Int]
        else { return "numbers" }
        guard samples.count == weights.count else { return "\(samples.count) samples, \(weights.count) weights" }
        guard weights.allSatisfy({ $0 >= 0 }), weights.reduce(0, +) == end - start else { return "weights" }
        guard samples.joined().allSatisfy(frames.indices.contains) else { return "index of a frame" }
    }
    return nil
}

struct SpeedscopeTests {
    /// Each profile as text: its name, then stacks and weights.
    private func profiles(_ sink: SpeedscopeSink) throws -> [String] {
        let data = Data(try sink.text().utf8)
        #expect(try speedscopeComplaint(data) == nil)
        let file = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let frames = (file["shared"] as? [String: Any])?["frames"] as? [[String: Any]] ?? []
        return (file["profiles"] as? [[String: Any]] ?? []).map { profile in
            let stacks = (profile["samples"] as? [[Int]] ?? []).map { stack in
                stack.map { "\(frames[$0]["name"] ?? "")" }.joined(separator: ";")
            }
            let weights = profile["weights"] as? [Int] ?? []
            return "\(profile["name"] ?? ""): " + zip(stacks, weights).map { "[\($0)] \($1)" }.joined(separator: ", ")
        }
    }

    private func record(_ sink: SpeedscopeSink, _ time: UInt64, _ threads: ThreadSample...) {
        sink.record(Sample(time: (1_000_000 + time) * 1000, pid: 1, outcome: .stacks(threads)))
    }

    @Test func aProfileForEachThread() throws {
        let scene = Scene()
        let sink = SpeedscopeSink(frames: scene.frames)
        record(sink, 0, scene.thread(1, "a:m:1;a:f:2"), scene.thread(2, "a:w:1"))
        record(sink, 10, scene.thread(1, "a:m:1;a:f:3"), scene.thread(2, "a:w:1"))
        record(sink, 25, scene.thread(1, "a:m:1"))
        sink.record(Sample(time: 1_000_030_000, pid: 1, outcome: .idle))
        record(sink, 40, scene.thread(1, "a:m:1"))
        #expect(
            try profiles(sink) == [
                "Thread 1: [m;f] 10, [m;f] 15, [m] 5, [] 10, [m] 10", "Thread 2: [w] 25, [] 25",
                "no thread: [] 30, [(idle)] 10, [] 10",
            ])
    }

    @Test func idleCanBeLeftOut() throws {
        let scene = Scene()
        let sink = SpeedscopeSink(frames: scene.frames, excludeIdle: true)
        record(sink, 0, scene.thread(1, "a:m:1"))
        sink.record(Sample(time: 1_000_010_000, pid: 1, outcome: .idle))
        #expect(try profiles(sink) == ["Thread 1: [m] 10, [] 10"])
    }

    @Test func processesAndThreadsHaveTheirNames() throws {
        let scene = Scene()
        let sink = SpeedscopeSink(frames: scene.frames)
        for pid in [5, 6] as [Int32] {
            sink.begin(ProfiledProcess(pid: pid, command: "uwsgi", version: PythonVersion(3, 13, 0)))
            var thread = scene.thread(1, "a:\"\\\u{1b}\u{2028}:1")
            thread.name = "worker"
            sink.record(Sample(time: UInt64(pid) * 1000, pid: pid, outcome: .stacks([thread])))
        }
        let names = try profiles(sink).map { $0.prefix { $0 != ":" } }
        #expect(names == ["process 5 (uwsgi), worker", "process 6 (uwsgi), worker"])
    }

    @Test func nothingRecordedIsAFile() throws {
        #expect(try profiles(SpeedscopeSink(frames: FrameTable())) == [])
    }

    @Test func theCheckFindsWhatIsWrong() throws {
        let good = "{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",\"name\":\"\",\"exporter\":\"\",\"activeProfileIndex\":0,\"shared\":{\"frames\":[{\"name\":\"f\"}]},\"profiles\":[{\"type\":\"sampled\",\"name\":\"\",\"unit\":\"none\",\"startValue\":0,\"endValue\":1,\"samples\":[[0]],\"weights\":[1]}]}"
        #expect(try speedscopeComplaint(Data(good.utf8)) == nil)
        for (old, new) in [("[[0]]", "[[1]]"), ("[1]}", "[2]}"), ("[1]}", "[]}"), ("none", "ms"), ("\"f\"", "1")] {
            let bad = good.replacingOccurrences(of: old, with: new)
            #expect(try speedscopeComplaint(Data(bad.utf8)) != nil, "\(new)")
        }
    }
}

struct JSONLinesTests {
    private func lines(_ sink: JSONLinesSink) throws -> [[String: Any]] {
        let run = RunSummary(startedAt: 1_700_000_000_000_000_000, start: 5_000_000)
        let text = String(decoding: try sink.bytes(run), as: UTF8.self)
        return try text.split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
    }

    @Test func anObjectForEachStack() throws {
        let scene = Scene()
        let sink = JSONLinesSink(frames: scene.frames)
        var thread = scene.thread(7, "a.py:m:1;a.py:f\n:2", holder: true)
        thread.tid = 77
        thread.name = "größe"
        sink.record(Sample(time: 6_500_000, pid: 3, outcome: .stacks([thread, scene.thread(8, "b.py:w:0")])))
        sink.record(Sample(time: 7_000_000, pid: 3, outcome: .idle))
        sink.record(Sample(time: 8_000_000, pid: 3, outcome: .failed, count: 5))
        let lines = try lines(sink)
        #expect(lines.count == 4)
        #expect(lines[0]["time"] as? Double == 1_700_000_000.001500 && lines[0]["pid"] as? Int == 3)
        #expect(lines[0]["tid"] as? Int == 77 && lines[0]["id"] as? Int == 7)
        #expect(lines[0]["thread"] as? String == "größe" && lines[0]["gil"] as? Bool == true)
        let frames = try #require(lines[0]["frames"] as? [[String: Any]])
        #expect(frames.map { $0["name"] as? String } == ["f\n", "m"])
        #expect(frames.map { $0["line"] as? Int } == [2, 1])
        #expect(lines[1]["gil"] as? Bool == false && lines[1]["tid"] == nil && lines[1]["thread"] == nil)
        #expect((lines[1]["frames"] as? [[String: Any]])?.first?["line"] == nil)
        #expect(lines[2]["state"] as? String == "idle" && lines[2]["frames"] == nil)
        #expect(lines[3]["state"] as? String == "failed" && lines[3]["count"] as? Int == 5)
    }

    @Test func idleCanBeLeftOut() throws {
        let sink = JSONLinesSink(frames: FrameTable(), excludeIdle: true)
        sink.record(Sample(time: 1, pid: 1, outcome: .idle))
        #expect(try lines(sink).isEmpty)
    }
}
