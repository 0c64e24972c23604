import FrameDecoding
import Output
import Profiles

/// JSON lines: an object for each stack in each sample, in order of time, frames leaf first.
///
/// What has no stack is an object as well, with `"state"`: `idle` or `failed`.
package final class JSONLinesSink: SampleSink {
    private let frames: FrameTable
    private let lineNumbers: Bool
    private let excludeIdle: Bool
    private let log = SampleLog()

    /// With `excludeIdle` the idle samples are left out.
    package init(frames: FrameTable, lineNumbers: Bool = true, excludeIdle: Bool = false) {
        self.frames = frames
        self.lineNumbers = lineNumbers
        self.excludeIdle = excludeIdle
    }

    package func record(_ sample: Sample) { log.append(sample) }

    package func finish(_ run: RunSummary, into output: ProfileOutput) throws {
        var piece = TextPiece()
        var texts: [UInt32: String] = [:]
        func text(_ node: CallTree.Node) -> String {
            let id = log.tree.frame(of: node)
            if let known = texts[id.index] { return known }
            let text = jsonFrame(frames[id], lineNumbers: lineNumbers)
            texts[id.index] = text
            return text
        }
        try log.forEach { moment in
            let pid = log.processes[moment.process]
            let time = seconds(run.unixMicroseconds(of: moment.time))
            let count = moment.count == 1 ? "" : ",\"count\":\(moment.count)"
            switch moment.outcome {
            case .idle:
                if !excludeIdle {
                    piece.text += "{\"time\":\(time),\"pid\":\(pid)\(count),\"state\":\"idle\"}\n"
                }
            case .failed: piece.text += "{\"time\":\(time),\"pid\":\(pid)\(count),\"state\":\"failed\"}\n"
            case .stacks(let entries):
                for entry in entries {
                    let thread = log.threads[entry.track]
                    piece.text += "{\"time\":\(time),\"pid\":\(pid)\(count),\(jsonThread(thread)),"
                    piece.text += "\"gil\":\(entry.isHolder),\"frames\":["
                    let path = log.tree.pathRootFirst(to: entry.node)
                    piece.text += path.reversed().map(text).joined(separator: ",") + "]}\n"
                }
            }
            try piece.passOn(output)
        }
        try piece.flush(output)
    }

    /// A number of seconds to the microsecond.
    private func seconds(_ microseconds: UInt64) -> String {
        let fraction = "\(microseconds % 1_000_000)"
        return "\(microseconds / 1_000_000)." + String(repeating: "0", count: 6 - fraction.utf8.count) + fraction
    }
}

/// A thread's members in an object: what the kernel, Python and people call it.
func jsonThread(_ thread: ThreadTable.Row) -> String {
    var json = thread.tid.map { "\"tid\":\($0)," } ?? ""
    json += "\"id\":\(thread.thread.threadID)"
    if let name = thread.name { json += ",\"thread\":\(jsonName(name))" }
    return json
}

/// A frame as an object; without a line where there is none, and with its kind where it is no Python.
func jsonFrame(_ frame: Frame, lineNumbers: Bool = true) -> String {
    var json = "{\"file\":\(jsonName(frame.file)),\"name\":\(jsonName(frame.name))"
    if frame.kind != .python { json += ",\"kind\":\"\(frame.kind.rawValue)\"" }
    if lineNumbers, frame.line > 0 { json += ",\"line\":\(frame.line)" }
    if lineNumbers, frame.firstLine > 0 { json += ",\"first_line\":\(frame.firstLine)" }
    return json + "}"
}
