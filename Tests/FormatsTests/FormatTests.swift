import Foundation
import FrameDecoding
import TestSupport
import Testing

@testable import Formats
@testable import Output
@testable import Profiles

struct FlamechartSinkTests {
    @Test func timeThenStack() throws {
        let scene = Scene()
        let sink = FlamechartSink(formatter: FrameFormatter(frames: scene.frames))
        sink.record(scene.sample("a.py:m:1;a.py:f:3", at: 1_000_500))
        sink.record(Sample(time: 11_000_000, pid: 1, outcome: .idle))
        sink.record(Sample(time: 21_000_999, pid: 1, outcome: .failed))
        sink.record(scene.sample("a.py:m:2", at: 31_000_000))
        #expect(
            try sink.text() == """
                1000
                a.py:m:1;a.py:f:3;
                11000
                (idle)
                21000
                (failed)
                31000
                a.py:m:2;

                """)
    }

    @Test func idleCanBeLeftOut() throws {
        let sink = FlamechartSink(formatter: FrameFormatter(frames: FrameTable()), excludeIdle: true)
        sink.record(Sample(time: 11_000_000, pid: 1, outcome: .idle))
        #expect(try sink.text() == "")
    }
}

struct DumpTextTests {
    @Test func leafFirstWithAnEmptyLineBetween() {
        let scene = Scene()
        let text = dumpText(
            samples: [
                scene.thread(139_638_471, "a.py:m:1;a.py:f:3", holder: true), scene.thread(7, ""),
                scene.thread(8, "a.py:w:9"),
            ], formatter: FrameFormatter(frames: scene.frames))
        #expect(text == "139638471*:\na.py:f:3\na.py:m:1\n\n7:\n\n8:\na.py:w:9\n")
        #expect(dumpText(samples: [], formatter: FrameFormatter(frames: scene.frames)) == "")
    }
}

struct JSONFormatTests {
    private func object(_ sink: some SampleSink) throws -> [String: Any] {
        let data = Data(try sink.text().utf8)
        return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    @Test(arguments: ["plain", "quo\"te\\", "a\n\r\t\0\u{1f}\u{7f}\u{9b}\u{2028}", "größe 変数 🐍"])
    func stringsSurvive(text: String) throws {
        let json = jsonString(text)
        #expect(!json.unicodeScalars.contains { $0.value < 0x20 || (0x7f..<0xa0).contains($0.value) })
        let list = try JSONSerialization.jsonObject(with: Data("[\(json)]".utf8)) as? [String]
        #expect(list == [text])
    }

    @Test func cpuProfile() throws {
        let scene = Scene()
        let sink = CpuProfileSink(frames: scene.frames)
        sink.record(scene.sample("a.py:m:5;a.py:f:\"", at: 1_000_000))
        sink.record(scene.sample("a.py:m:3;a.py:g:20", at: 11_000_000))
        sink.record(Sample(time: 22_000_000, pid: 1, outcome: .idle))
        sink.record(scene.sample("a.py:m:5;a.py:g:21", at: 31_000_000))
        let profile = try object(sink)
        let nodes = try #require(profile["nodes"] as? [[String: Any]])
        var names: [Int: String] = [:]
        var lines: [String: Int] = [:]
        for node in nodes {
            let frame = try #require(node["callFrame"] as? [String: Any])
            let name = try #require(frame["functionName"] as? String)
            names[try #require(node["id"] as? Int)] = name
            lines[name] = frame["lineNumber"] as? Int
            for key in ["scriptId", "url"] { #expect(frame[key] is String) }
            #expect(frame["columnNumber"] is Int)
        }
        #expect(names.count == nodes.count)
        #expect((profile["samples"] as? [Int])?.map { names[$0] } == ["f", "g", "(idle)", "g"])
        #expect(profile["timeDeltas"] as? [Int] == [0, 10_000, 11_000, 9_000])
        #expect(profile["startTime"] as? Int == 1000)
        #expect(profile["endTime"] as? Int == 41_000)
        #expect(lines["m"] == 2 && lines["g"] == 19 && lines["(root)"] == -1)
        let g = try #require(nodes.first { names[$0["id"] as? Int ?? 0] == "g" })
        #expect(g["hitCount"] as? Int == 2)
        #expect((g["positionTicks"] as? [[String: Int]])?.map { $0["line"] } == [20, 21])
        // Every node but the root is one node's child.
        let children = nodes.flatMap { $0["children"] as? [Int] ?? [] }
        #expect(children.sorted() == names.keys.sorted().filter { $0 != 1 })
    }

    @Test func cpuProfileShowsTheHolder() throws {
        let scene = Scene()
        let sink = CpuProfileSink(frames: scene.frames, excludeIdle: true, allThreads: true)
        sink.record(
            Sample(time: 1, pid: 1, outcome: .stacks([scene.thread(1, "a:wait:1"), scene.thread(2, "a:run:1", holder: true)])))
        sink.record(Sample(time: 2, pid: 1, outcome: .stacks([scene.thread(1, "a:wait:1")])))
        let samples = try #require(try object(sink)["samples"] as? [Int])
        #expect(samples.count == 2 && samples[0] > 1 && samples[1] == 1)
    }

    @Test func nothingRecordedIsStillJSON() throws {
        #expect(try object(CpuProfileSink(frames: FrameTable()))["samples"] as? [Int] == [])
        let events = try object(ChromeTraceSink(frames: FrameTable()))["traceEvents"] as? [Any]
        #expect(events?.isEmpty == true)
    }

    @Test func chromeTrace() throws {
        let scene = Scene()
        let sink = ChromeTraceSink(frames: scene.frames)
        sink.begin(ProfiledProcess(pid: 1, command: "python3", version: PythonVersion(3, 13)))
        func stacks(_ time: UInt64, _ threads: ThreadSample...) {
            sink.record(Sample(time: time * 1000, pid: 1, outcome: .stacks(threads)))
        }
        stacks(10, scene.thread(1, "a:m:1;a:f:2", native: 100), scene.thread(2, "a:w:1", native: 101))
        stacks(20, scene.thread(1, "a:m:1;a:f:3"), scene.thread(2, "a:w:1"))
        stacks(30, scene.thread(1, "a:m:4;a:g:7"))
        sink.record(Sample(time: 40_000, pid: 1, outcome: .idle))
        stacks(50, scene.thread(1, "a:m:1"))
        let events = try #require(try object(sink)["traceEvents"] as? [[String: Any]])
        let short = events.compactMap { event -> String? in
            guard let phase = event["ph"] as? String, phase != "M" else { return nil }
            return "\(event["ts"] ?? 0) \(event["tid"] ?? 0) \(phase) \(event["name"] ?? "")"
        }
        #expect(
            short == [
                "10 100 B m", "10 100 B f", "10 101 B w", "30 101 E w", "30 100 E f", "30 100 B g",
                "40 100 E g", "40 100 E m", "50 100 B m", "60 100 E m",
            ])
        let names = events.compactMap { ($0["args"] as? [String: Any])?["name"] as? String }
        #expect(names == ["process 1 (python3)", "Thread 1", "Thread 2"])
        // Chrome's DevTools fail on any event that lacks one of these.
        for key in ["name", "cat", "ts", "pid", "tid"] {
            #expect(events.allSatisfy { $0[key] != nil }, "\(key)")
        }
    }
}
