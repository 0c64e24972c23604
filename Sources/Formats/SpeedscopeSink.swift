import FrameDecoding
import Output
import Profiles

/// speedscope's own file format (https://www.speedscope.app/file-format-schema.json): a profile for each
/// thread, sampled, with times in microseconds since the first sample.
///
/// A block is a function, so that a call is one block whichever of its lines it is at.
package final class SpeedscopeSink: SampleSink {
    private let frames: FrameTable
    private let lineNumbers: Bool
    private let excludeIdle: Bool
    private let log = SampleLog()
    private var processes: [Int32: ProfiledProcess] = [:]

    /// With `excludeIdle` idle samples are left out.
    package init(frames: FrameTable, lineNumbers: Bool = true, excludeIdle: Bool = false) {
        self.frames = frames
        self.lineNumbers = lineNumbers
        self.excludeIdle = excludeIdle
    }

    package func begin(_ process: ProfiledProcess) { processes[process.pid] = process }

    package func record(_ sample: Sample) { log.append(sample) }

    package func finish(_ run: RunSummary, into output: ProfileOutput) throws {
        let timeline = ThreadTimeline(log, frames: frames, excludeIdle: excludeIdle)
        var functions = FunctionTable(frames: frames)
        let (tree, nodes) = timeline.tree.mapped { functions.function(of: $0) }
        var piece = TextPiece()
        let name = processes.count == 1 ? processes.values.first?.label : nil
        piece.text += "{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\","
        piece.text += "\"exporter\":\"pyflame\",\"name\":\(jsonName(name ?? "pyflame")),"
        let busiest = timeline.tracks.indices.filter { timeline.tracks[$0].thread != nil }
            .max { timeline.tracks[$0].count < timeline.tracks[$1].count }
        piece.text += "\"activeProfileIndex\":\(busiest ?? 0),\n\"shared\":{\"frames\":["
        for (index, function) in functions.functions.enumerated() {
            piece.text += (index > 0 ? ",\n" : "\n") + frame(function)
            try piece.passOn(output)
        }
        piece.text += "]},\n\"profiles\":["
        for (index, track) in timeline.tracks.enumerated() {
            piece.text += (index > 0 ? ",\n" : "\n") + "{\"type\":\"sampled\",\"name\":\(jsonName(title(of: track))),"
            piece.text += "\"unit\":\"microseconds\",\"startValue\":0,\"endValue\":\(timeline.end),\"samples\":["
            try writeSamples(of: track, until: timeline.end, tree, nodes, &piece, output)
            piece.text += "}"
        }
        piece.text += "]}\n"
        try piece.flush(output)
    }

    /// Stacks, root first, then how long each lasted. Where nothing was seen, the stack is empty.
    private func writeSamples(
        of track: ThreadTimeline.Track, until end: UInt64, _ tree: CallTree, _ nodes: [CallTree.Node],
        _ piece: inout TextPiece, _ output: ProfileOutput
    ) throws {
        var comma = ""
        /// Calls `body` for each run and each gap between runs.
        func forEach(_ body: (_ node: CallTree.Node, _ length: UInt64) throws -> Void) rethrows {
            var time: UInt64 = 0
            try track.forEach { run in
                if run.start > time { try body(.root, run.start - time) }
                try body(nodes[Int(run.node.index)], run.length)
                time = run.start + run.length
            }
            if end > time { try body(.root, end - time) }
        }
        try forEach { node, _ in
            let stack = tree.pathRootFirst(to: node).map { "\(tree.frame(of: $0).index)" }
            piece.text += "\(comma)[\(stack.joined(separator: ","))]"
            comma = ","
            try piece.passOn(output)
        }
        piece.text += "],\"weights\":["
        comma = ""
        try forEach { _, length in
            piece.text += "\(comma)\(length)"
            comma = ","
            try piece.passOn(output)
        }
        piece.text += "]"
    }

    private func title(of track: ThreadTimeline.Track) -> String {
        let thread = track.thread?.label ?? "no thread"
        return processes.count > 1 ? "\(processes[track.pid]?.label ?? "\(track.pid)"), \(thread)" : thread
    }

    private func frame(_ function: FunctionTable.Function) -> String {
        var json = "{\"name\":\(jsonName(function.name))"
        if !function.file.isEmpty { json += ",\"file\":\(jsonName(function.file))" }
        if lineNumbers, function.line > 0 { json += ",\"line\":\(function.line)" }
        return json + "}"
    }
}
