import Foundation
import FrameDecoding
import TestSupport
import Testing

@testable import Formats
@testable import Profiles

/// Several processes in one profile.
struct ProcessTests {
    private let scene = Scene()

    private func sample(_ pid: Int32, _ stack: String, at time: UInt64 = 0) -> Sample {
        Sample(time: time * 1000, pid: pid, outcome: .stacks([scene.thread(1, stack, holder: true)]))
    }

    private func begin(_ sink: any SampleSink, _ pid: Int32, _ command: String) {
        sink.begin(ProfiledProcess(pid: pid, command: command, version: PythonVersion(3, 13)))
    }

    @Test func aFirstFrameNamesTheProcess() throws {
        let folded = FoldedSink(formatter: FrameFormatter(frames: scene.frames, lineNumbers: false))
        let sink = ProcessRoots(folded, frames: scene.frames)
        begin(sink, 7, "python3")
        begin(sink, 8, "a;b\nc")
        sink.record(sample(7, "a:m:1;a:f:2"))
        sink.record(sample(8, "a:m:1"))
        sink.record(Sample(time: 0, pid: 7, outcome: .idle))
        sink.record(sample(7, "a:m:5;a:f:2"))
        sink.record(Sample(time: 0, pid: 8, outcome: .failed))
        sink.record(Sample(time: 0, pid: 8, outcome: .stacks([])))
        #expect(
            try sink.text() == """
                (idle) 2
                (failed) 1
                process 7 (python3);a:m;a:f 2
                process 8 (a\\x3bb\\nc);a:m 1

                """)
    }

    /// Another program in the same process (exec) is told apart by its command.
    @Test func theFrameIsOfTheProgramThatRuns() throws {
        let sink = ProcessRoots(
            FoldedSink(formatter: FrameFormatter(frames: scene.frames)), frames: scene.frames)
        begin(sink, 7, "old")
        sink.record(sample(7, "a:m:1"))
        begin(sink, 7, "new")
        sink.record(sample(7, "a:m:1"))
        #expect(try sink.text() == "process 7 (new);a:m:1 1\nprocess 7 (old);a:m:1 1\n")
    }

    /// The stacks of one process do not end those of another with equal thread states.
    @Test func theLogKeepsProcessesApart() {
        let log = SampleLog()
        var expected: [(Int32, String?)] = []
        for step in 0..<600 {
            let pid = Int32(step % 3 + 1)
            let stack = "a:f:\(step / (7 * Int(pid)))"
            expected.append((pid, step % 5 == 0 ? nil : stack))
            log.append(
                step % 5 == 0
                    ? Sample(time: UInt64(step) * 1000, pid: pid, outcome: .idle)
                    : sample(pid, stack, at: UInt64(step)))
        }
        var found: [(Int32, String?)] = []
        log.forEach { moment in
            let (time, process, outcome) = (moment.time, moment.process, moment.outcome)
            #expect(time == UInt64(found.count))
            guard case .stacks(let entries) = outcome else {
                found.append((log.processes[process], nil))
                return
            }
            #expect(entries.count == 1 && log.threads[entries[0].track].pid == log.processes[process])
            let frame = scene.frames[log.tree.frame(of: entries[0].node)]
            found.append((log.processes[process], "\(frame.file):\(frame.name):\(frame.line)"))
        }
        #expect(found.elementsEqual(expected, by: ==))
    }

    @Test func chromeTraceHasEachProcess() throws {
        let sink = ChromeTraceSink(frames: scene.frames)
        begin(sink, 7, "python3")
        begin(sink, 8, "worker")
        sink.record(sample(7, "a:m:1;a:f:2", at: 10))
        sink.record(sample(8, "a:m:1", at: 11))
        sink.record(sample(7, "a:m:1", at: 20))
        sink.record(sample(8, "a:m:1", at: 21))
        sink.record(sample(7, "a:m:1", at: 30))
        let json = try JSONSerialization.jsonObject(with: Data(sink.text().utf8)) as? [String: Any]
        let events = try #require(json?["traceEvents"] as? [[String: Any]])
        let short = events.map { event in
            let name = (event["args"] as? [String: Any])?["name"] ?? event["name"] ?? ""
            return "\(event["ts"] ?? "") \(event["pid"] ?? "") \(event["ph"] ?? "") \(name)"
        }
        #expect(
            short == [
                "0 7 M process 7 (python3)", "0 8 M process 8 (worker)", "0 7 M Thread 1", "0 8 M Thread 1",
                "10 7 B m", "10 7 B f", "11 8 B m", "20 7 E f", "50 7 E m", "41 8 E m",
            ])
    }

    @Test func cpuProfileHasProcessesAsRootNodes() throws {
        let sink = ProcessRoots(CpuProfileSink(frames: scene.frames), frames: scene.frames)
        begin(sink, 7, "python3")
        begin(sink, 8, "worker")
        sink.record(sample(7, "a:m:1", at: 10))
        sink.record(sample(8, "a:m:1", at: 11))
        let json = try JSONSerialization.jsonObject(with: Data(sink.text().utf8)) as? [String: Any]
        let nodes = try #require(json?["nodes"] as? [[String: Any]])
        let names = nodes.map { ($0["callFrame"] as? [String: Any])?["functionName"] as? String ?? "" }
        #expect(names == ["(root)", "process 7 (python3)", "m", "process 8 (worker)", "m"])
        #expect(nodes[0]["children"] as? [Int] == [2, 4])
        let frame = try #require(nodes[1]["callFrame"] as? [String: Any])
        #expect(frame["lineNumber"] as? Int == -1 && frame["url"] as? String == "")
    }
}
