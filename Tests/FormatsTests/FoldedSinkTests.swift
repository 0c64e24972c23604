import FrameDecoding
import TestSupport
import Testing

@testable import Formats
@testable import Profiles

struct FoldedSinkTests {
    @Test func countsRootFirstAndSorted() throws {
        let scene = Scene()
        let sink = FoldedSink(formatter: FrameFormatter(frames: scene.frames))
        for stack in ["b.py:m:1", "a.py:m:1;a.py:g:5", "a.py:m:1;a.py:f:3", "a.py:m:1;a.py:g:5", "a.py:m:1"] {
            sink.record(scene.sample(stack))
        }
        sink.record(Sample(time: 1, pid: 1, outcome: .idle))
        sink.record(Sample(time: 2, pid: 1, outcome: .failed))
        sink.record(Sample(time: 3, pid: 1, outcome: .stacks([])))
        sink.record(scene.sample(""))
        #expect(
            try sink.text() == """
                (idle) 3
                (failed) 1
                a.py:m:1 1
                a.py:m:1;a.py:f:3 1
                a.py:m:1;a.py:g:5 2
                b.py:m:1 1

                """)
    }

    @Test func aSampleMayStandForMany() throws {
        let scene = Scene()
        let sink = FoldedSink(formatter: FrameFormatter(frames: scene.frames))
        sink.record(Sample(time: 1, pid: 1, outcome: .stacks([scene.thread(1, "a.py:m:1")]), count: 40))
        sink.record(scene.sample("a.py:m:1"))
        sink.record(Sample(time: 2, pid: 1, outcome: .idle, count: 7))
        #expect(try sink.text() == "(idle) 7\na.py:m:1 41\n")
    }

    @Test func nothingRecordedIsNothingWritten() throws {
        #expect(try FoldedSink(formatter: FrameFormatter(frames: FrameTable())).text() == "")
    }

    @Test func idleCanBeLeftOut() throws {
        let scene = Scene()
        let sink = FoldedSink(formatter: FrameFormatter(frames: scene.frames), excludeIdle: true)
        sink.record(Sample(time: 1, pid: 1, outcome: .idle))
        sink.record(scene.sample("a.py:m:1"))
        #expect(try sink.text() == "a.py:m:1 1\n")
    }

    @Test func noLineTwiceWithoutLineNumbers() throws {
        let scene = Scene()
        let formatter = FrameFormatter(frames: scene.frames, lineNumbers: false)
        let sink = FoldedSink(formatter: formatter)
        for line in 1...50 { sink.record(scene.sample("a.py:m:\(line % 5);a.py:f:\(line)")) }
        #expect(try sink.text() == "a.py:m;a.py:f 50\n")
    }

    @Test func noLineTwiceWhenEscapesMakeNamesEqual() throws {
        let scene = Scene()
        let sink = FoldedSink(formatter: FrameFormatter(frames: scene.frames))
        let names = ["a\nb", "a\\nb"].map { scene.frames.intern(Frame(file: "f", name: $0, line: 1)) }
        let thread = scene.thread(1, "").thread
        for name in names {
            let sample = ThreadSample(thread: thread, isHolder: true, frames: [name])
            sink.record(Sample(time: 0, pid: 1, outcome: .stacks([sample])))
        }
        #expect(try sink.text() == "f:a\\nb:1 2\n")
    }

    @Test func everyThreadCounts() throws {
        let scene = Scene()
        let sink = FoldedSink(formatter: FrameFormatter(frames: scene.frames))
        sink.record(
            Sample(
                time: 0, pid: 1,
                outcome: .stacks([
                    scene.thread(1, "a.py:m:1"), scene.thread(2, "a.py:m:1"), scene.thread(3, "a.py:w:2"),
                    scene.thread(4, ""),
                ])))
        #expect(try sink.text() == "a.py:m:1 2\na.py:w:2 1\n")
    }

    @Test func deepStacksAndLargeOutputs() throws {
        let scene = Scene()
        let sink = FoldedSink(formatter: FrameFormatter(frames: scene.frames))
        let deep = [FrameID](repeating: scene.frame("a.py:recurse:1"), count: 100_000)
        let sample = ThreadSample(thread: scene.thread(1, "").thread, isHolder: true, frames: deep)
        sink.record(Sample(time: 0, pid: 1, outcome: .stacks([sample])))
        for line in 1...10_000 { sink.record(scene.sample("a.py:m:\(line)")) }
        let lines = try sink.text().split(separator: "\n")
        #expect(lines.count == 10_001)
        #expect(Set(lines).count == 10_001)
    }
}
