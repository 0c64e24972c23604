import FrameDecoding
import Output
import Profiles

/// Chrome DevTools' `.cpuprofile` (`Profiler.Profile` of the DevTools protocol).
///
/// The format has one track: the thread that holds the GIL. Other threads need the trace format.
/// A node is a function under its callers; the lines are in its `positionTicks`.
package final class CpuProfileSink: SampleSink {
    private let frames: FrameTable
    private let lineNumbers: Bool
    private let excludeIdle: Bool
    private let allThreads: Bool
    private let log = SampleLog()

    /// `allThreads` says that samples hold threads which were waiting, too.
    package init(
        frames: FrameTable, lineNumbers: Bool = true, excludeIdle: Bool = false,
        allThreads: Bool = false
    ) {
        self.frames = frames
        self.lineNumbers = lineNumbers
        self.excludeIdle = excludeIdle
        self.allThreads = allThreads
    }

    package func record(_ sample: Sample) { log.append(sample) }

    package func finish(_ run: RunSummary, into output: ProfileOutput) throws {
        var functions = FunctionTable(frames: frames)
        let (tree, nodes) = log.tree.mapped { functions.function(of: $0) }
        let idle = tree.count
        let failed = tree.count + 1
        var hits = [Int](repeating: 0, count: tree.count + 2)
        var ticks = [[Int: Int]](repeating: [:], count: tree.count)

        /// The node that a sample is counted for. The root shows as nothing: time that is left out.
        func target(_ outcome: SampleLog.Outcome) -> Int {
            switch outcome {
            case .failed: return failed
            case .idle: return excludeIdle ? 0 : idle
            case .stacks(let entries):
                guard let entry = entries.first(where: \.isHolder) ?? (allThreads ? nil : entries.first)
                else { return excludeIdle ? 0 : idle }
                return Int(nodes[Int(entry.node.index)].index)
            }
        }
        log.forEach { moment in
            let node = target(moment.outcome)
            let count = Int(clamping: moment.count)
            hits[node] += count
            if node > 0, node < idle, case .stacks(let entries) = moment.outcome {
                let entry = entries.first(where: \.isHolder) ?? entries[0]
                ticks[node][frames[log.tree.frame(of: entry.node)].line, default: 0] += count
            }
        }

        var piece = TextPiece()
        piece.text += "{\"nodes\":["
        var children = [[Int]](repeating: [], count: tree.count)
        for index in 1..<max(tree.count, 1) {
            let parent = tree.parent(of: CallTree.Node(index: UInt32(index)))
            children[Int(parent.index)].append(index)
        }
        for special in [idle, failed] where hits[special] > 0 { children[0].append(special) }
        for index in 0..<tree.count {
            let function =
                index == 0
                ? FunctionTable.Function(file: "", name: "(root)", line: 0)
                : functions[tree.frame(of: CallTree.Node(index: UInt32(index)))]
            if index > 0 { piece.text += ",\n" }
            piece.text += node(index, function, hits: hits[index], children: children[index])
            let lines = ticks[index].filter { $0.key > 0 }.sorted { $0.key < $1.key }
            if lineNumbers && !lines.isEmpty {
                let list = lines.map { "{\"line\":\($0.key),\"ticks\":\($0.value)}" }
                piece.text += ",\"positionTicks\":[" + list.joined(separator: ",") + "]"
            }
            piece.text += "}"
            try piece.passOn(output)
        }
        for (special, name) in [(idle, Frame.idle.name), (failed, Frame.failed.name)] where hits[special] > 0 {
            let function = FunctionTable.Function(file: "", name: name, line: 0)
            piece.text += ",\n" + node(special, function, hits: hits[special], children: []) + "}"
        }
        let end = log.count > 0 ? log.endTime : 0
        piece.text += "],\n\"startTime\":\(log.firstTime),\"endTime\":\(end),\n\"samples\":["
        var comma = ""
        try log.forEach { moment in
            piece.text += "\(comma)\(target(moment.outcome) + 1)"
            comma = ","
            try piece.passOn(output)
        }
        piece.text += "],\n\"timeDeltas\":["
        comma = ""
        var last = log.firstTime
        try log.forEach { moment in
            piece.text += "\(comma)\(moment.time - last)"
            comma = ","
            last = moment.time
            try piece.passOn(output)
        }
        piece.text += "]}\n"
        try piece.flush(output)
    }

    /// A node without its closing brace. Lines in the format begin at 0, and -1 is none.
    private func node(
        _ index: Int, _ function: FunctionTable.Function, hits: Int, children: [Int]
    ) -> String {
        let line = lineNumbers ? function.line - 1 : -1
        var json = "{\"id\":\(index + 1),\"callFrame\":{\"functionName\":\(jsonName(function.name)),"
        json += "\"scriptId\":\"0\",\"url\":\(jsonName(function.file)),"
        json += "\"lineNumber\":\(line),\"columnNumber\":-1},\"hitCount\":\(hits)"
        if !children.isEmpty {
            json += ",\"children\":[" + children.map { "\($0 + 1)" }.joined(separator: ",") + "]"
        }
        return json
    }
}
