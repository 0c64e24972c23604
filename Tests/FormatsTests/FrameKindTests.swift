import Foundation
import FrameDecoding
import Profiles
import TestSupport
import Testing

@testable import Formats

/// What a frame is, is told by its kind: Python code may have no file, no line, and any name.
struct FrameKindTests {
    private let scene = Scene()
    /// A Python function that looks like an idle sample.
    private let python = Frame(file: "", name: "(idle)", line: 0)
    private let native = Frame(kind: .native, file: "/usr/lib/libz.so.1", name: "deflate", line: 0)
    private let label = Frame.label("thread main (7)")

    /// One sample of label, Python and native frame, root first.
    private func record(into sink: any SampleSink) {
        let stack = [label, python, native].map(scene.frames.intern)
        let state = ThreadState(address: 1, interpreter: 1, threadID: 7, nativeThreadID: 7)
        let thread = ThreadSample(thread: state, isHolder: true, frames: stack.reversed())
        sink.record(Sample(time: 0, pid: 1, outcome: .stacks([thread])))
    }

    @Test func textHasNoPlaceForWhatIsNoCode() throws {
        let sink = FoldedSink(formatter: FrameFormatter(frames: scene.frames))
        record(into: sink)
        sink.record(Sample(time: 1, pid: 1, outcome: .idle))
        #expect(try sink.text() == "(idle) 1\nthread main (7);:(idle):0;/usr/lib/libz.so.1:deflate 1\n")
    }

    @Test func jsonLinesNameKinds() throws {
        let sink = JSONLinesSink(frames: scene.frames)
        record(into: sink)
        let object = try #require(JSONSerialization.jsonObject(with: Data(try sink.bytes())) as? [String: Any])
        let frames = try #require(object["frames"] as? [[String: Any]])
        #expect(frames.map { $0["kind"] as? String } == ["native", nil, "label"])
    }

    @Test func colours() {
        let frames = [python, native, label, .idle, .failed, CallProfile.leftOut, FrameTable.surplus]
        #expect(frames.map { String(FrameColour.of($0).prefix(1)) } == ["o", "n", "t", "i", "x", "p", "p"])
    }

    @Test func firefoxCategories() {
        let frames = [python, native, label, .idle, .failed]
        #expect(frames.map { FirefoxCategory($0) } == [.own, .native, .other, .idle, .other])
    }

    @Test func functionsOfDifferentKindsAreDifferent() {
        let frames = FrameTable()
        var functions = FunctionTable(frames: frames)
        let ids = [python, .idle, Frame(kind: .native, file: "", name: "(idle)", line: 0)].map(frames.intern)
        #expect(Set(ids).count == 3 && Set(ids.map { functions.function(of: $0) }).count == 3)
    }

    /// The names of idle and failed samples stand in one file, and so does what tells a label.
    @Test func namesAreSpelledOnce() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources")
        let files = try #require(FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil))
        var places: Set<String> = []
        for case let file as URL in files where ["swift", "js"].contains(file.pathExtension) {
            // Interpolations look alike.
            let text = try String(contentsOf: file, encoding: .utf8).replacingOccurrences(of: "\\(", with: "")
            if text.contains("(idle)") || text.contains("(failed)") { places.insert(file.lastPathComponent) }
        }
        #expect(places == ["Frame.swift"])
    }
}
