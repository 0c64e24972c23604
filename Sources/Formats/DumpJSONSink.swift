import FrameDecoding
import Output
import Profiles

/// `--dump` as JSON: an object with the process and its threads, frames leaf first.
package final class DumpJSONSink: SampleSink {
    private let frames: FrameTable
    private let lineNumbers: Bool
    private var process: ProfiledProcess?
    private var threads: [ThreadSample] = []

    package init(frames: FrameTable, lineNumbers: Bool = true) {
        self.frames = frames
        self.lineNumbers = lineNumbers
    }

    package func begin(_ process: ProfiledProcess) { self.process = process }

    /// The last sample is the one that is written.
    package func record(_ sample: Sample) {
        if case .stacks(let threads) = sample.outcome { self.threads = threads } else { threads = [] }
    }

    package func finish(_ run: RunSummary, into output: ProfileOutput) throws { try output.write(text) }

    /// The object, with a newline.
    package var text: String {
        var json = "{"
        if let process {
            json += "\"pid\":\(process.pid),\"command\":\(jsonName(process.command)),"
            json += "\"version\":\(jsonName("\(process.version)")),"
        }
        let list = threads.map { thread in
            let row = ThreadTable.Row(
                pid: process?.pid ?? 0, thread: thread.thread, tid: thread.tid, name: thread.name)
            let stack = thread.frames.map { jsonFrame(frames[$0], lineNumbers: lineNumbers) }
            return "{\(jsonThread(row)),\"gil\":\(thread.isHolder),\"frames\":[\n  \(stack.joined(separator: ",\n  "))]}"
        }
        return json + "\"threads\":[\n" + list.joined(separator: ",\n") + "]}\n"
    }
}
