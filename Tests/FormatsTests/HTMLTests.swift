import Foundation
import FrameDecoding
import TestSupport
import Testing

@testable import Formats

/// What a report's page holds; what scripts make of it is tested in a browser.
struct HTMLTests {
    private final class NoSources: SourceFiles {
        var asked: [String] = []
        let text: SourceText
        init(_ text: SourceText = SourceText(text: nil, note: "none")) { self.text = text }
        func place(of process: Int32) -> Int? { 0 }
        func read(_ path: String, of process: Int32) -> SourceText {
            asked.append(path)
            return text
        }
    }

    /// The object that the page's script is given.
    private func data(of page: String) throws -> [String: Any] {
        let start = try #require(page.range(of: "new Report(")).upperBound
        let end = try #require(page.range(of: ");\n})();\n</script>")?.lowerBound)
        let json = page[start..<end]
        return try #require(JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    }

    /// What data.js unpacks.
    private func numbers(_ text: Any?) throws -> [Int] {
        let base64 = try #require(text as? String)
        let bytes = try #require(Data(base64Encoded: base64))
        var numbers: [Int] = []
        var number = 0
        var shift = 0
        for byte in bytes {
            number |= Int(byte & 0x7f) << shift
            shift += 7
            if byte < 0x80 {
                numbers.append(number)
                (number, shift) = (0, 0)
            }
        }
        return numbers
    }

    /// Samples by track, over all slots.
    private func samplesByTrack(_ data: [String: Any]) throws -> [Int: Int] {
        let packed = try numbers(data["samples"])
        var at = 0
        var sums: [Int: Int] = [:]
        let slots = try #require(data["slots"] as? Int)
        for _ in 0..<slots {
            let entries = packed[at]
            at += 1
            for _ in 0..<entries {
                sums[packed[at], default: 0] += packed[at + 2]
                at += 3
            }
        }
        #expect(at == packed.count)
        return sums
    }

    @Test func everySampleIsInASlotOfItsThread() throws {
        let scene = Scene()
        let sink = HTMLSink(frames: scene.frames, sources: NoSources())
        sink.begin(ProfiledProcess(pid: 1, command: "python3", version: PythonVersion(3, 11)))
        for index in 0..<700 {
            let time = UInt64(index) * 10_000_000
            switch index % 7 {
            case 0: sink.record(Sample(time: time, pid: 1, outcome: .idle))
            case 1: sink.record(Sample(time: time, pid: 1, outcome: .failed))
            default:
                let threads = [scene.thread(1, "a:m:\(index % 5)", holder: true), scene.thread(2, "a:w:1")]
                sink.record(Sample(time: time, pid: 1, outcome: .stacks(threads)))
            }
        }
        let data = try data(of: try sink.text())
        #expect((data["tracks"] as? [[Any]])?.map { $0[1] as? String } == ["Thread 1", "Thread 2", nil])
        #expect(data["processes"] as? [String] == ["process 1 (python3)"])
        #expect(try samplesByTrack(data) == [0: 500, 1: 500, 2: 200])
        #expect(data["seconds"] as? Double == 7 && data["slots"] as? Int == 140)
    }

    @Test func processesHaveTracksOfTheirOwn() throws {
        let scene = Scene()
        let sink = HTMLSink(frames: scene.frames, excludeIdle: true, sources: NoSources())
        for pid in [7, 8] as [Int32] {
            sink.begin(ProfiledProcess(pid: pid, command: "w", version: PythonVersion(3, 9)))
            var thread = scene.thread(1, "a:m:1")
            thread.name = "worker \(pid)"
            sink.record(Sample(time: 1, pid: pid, outcome: .stacks([thread])))
            sink.record(Sample(time: 2, pid: pid, outcome: .idle))
        }
        let data = try data(of: try sink.text())
        #expect((data["tracks"] as? [[Any]])?.map { $0[0] as? Int } == [0, 1, 0, 1])
        #expect((data["tracks"] as? [[Any]])?.map { $0[1] as? String } == ["worker 7", "worker 8", nil, nil])
        #expect(try samplesByTrack(data) == [0: 1, 1: 1])
    }

    @Test(arguments: SVGTests.hostile)
    func hostileNamesAreOnlyText(name: String) throws {
        let scene = Scene()
        let source = NoSources(SourceText(text: "\(name)\n\ttab\(name)", note: name))
        let sink = HTMLSink(frames: scene.frames, sources: source)
        sink.begin(ProfiledProcess(pid: 1, command: name, version: PythonVersion(3, 11)))
        let frame = scene.frames.intern(Frame(file: "/" + name, name: name, line: 1))
        var thread = scene.thread(1, "")
        thread.frames = [frame]
        thread.name = name
        sink.record(Sample(time: 1, pid: 1, outcome: .stacks([thread])))
        let page = try sink.text()
        let shown = sanitised(name, isSentence: true)
        let data = try data(of: page)
        #expect((data["names"] as? [String])?.contains(shown) == true)
        #expect((data["sources"] as? [[Any]])?.first?[1] as? String == "\(shown)\n    tab\(shown)")
        // One script, one style, and no markup from a name.
        for mark in ["<script", "</script", "<style", "<!--", "<img"] {
            let count = page.components(separatedBy: mark).count - 1
            #expect(count == (["<!--", "<img"].contains(mark) ? 0 : 1), "\(mark)")
        }
        #expect(!page.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || $0.value == 0x202e })
    }

    @Test func sourcesAreBounded() throws {
        let scene = Scene()
        let source = NoSources(SourceText(text: String(repeating: "x", count: 1 << 20)))
        let sink = HTMLSink(frames: scene.frames, sources: source)
        for file in 0..<300 { sink.record(scene.sample("/f\(file).py:m:1")) }
        for _ in 0..<9 { sink.record(scene.sample("/hot.py:m:1;<string>:m:1")) }
        let page = try sink.text()
        let data = try data(of: page)
        let sources = try #require(data["sources"] as? [[Any]])
        #expect(source.asked.count == 200 && source.asked.first == "/hot.py")
        #expect(sources.filter { $0[1] is String }.count == 4)
        // Lines are cut as well.
        #expect(page.utf8.count < 300_000)
    }

    @Test func nothingRecordedIsStillAPage() throws {
        let data = try data(of: try HTMLSink(frames: FrameTable(), sources: NoSources()).text())
        #expect(try samplesByTrack(data).isEmpty && data["slots"] as? Int == 1)
    }

    @Test func thePageTellsOfTheRun() throws {
        let sink = HTMLSink(frames: FrameTable(), sources: NoSources())
        sink.begin(ProfiledProcess(pid: 42, command: "python3", version: PythonVersion(3, 11, 2)))
        let run = RunSummary(
            startedAt: 1_764_086_645_000_000_000, duration: 5_000_000_000, interval: 10_000_000, mode: .wall,
            samples: 490, missed: 10, failed: 2, idle: 49)
        let page = String(decoding: try sink.bytes(run), as: UTF8.self)
        for text in [
            "python3 (PID 42), Python 3.11.2", "490 samples in 5.0 s at 100 Hz of all threads; 49 idle, 2 failed, 10 missed",
            "2025-11-25 16:04:05 UTC", "<dd>98 Hz</dd>", "<dd>49, 10.0 %</dd>",
        ] { #expect(page.contains(text), "\(text)") }
    }
}
