import FrameDecoding
import Output
import Profiles

/// Folded stacks, as flamegraph.pl takes them: one line per distinct stack, root first, and its count.
package final class FoldedSink: SampleSink {
    private let formatter: FrameFormatter
    private let excludeIdle: Bool
    private let tree = CallTree()
    /// By index of a node.
    private var counts: [Int] = [0]
    private var idle = 0
    private var failed = 0

    /// With `excludeIdle` the line of idle samples is left out.
    package init(formatter: FrameFormatter, excludeIdle: Bool = false) {
        self.formatter = formatter
        self.excludeIdle = excludeIdle
    }

    /// Each thread's stack counts 1; a sample in which no thread has any frames is idle.
    package func record(_ sample: Sample) {
        switch sample.outcome {
        case .idle: idle += sample.count
        case .failed: failed += sample.count
        case .stacks(let threads):
            var isIdle = true
            for thread in threads where !thread.frames.isEmpty {
                isIdle = false
                let node = tree.insert(stackLeafFirst: thread.frames)
                while counts.count < tree.count { counts.append(0) }
                counts[Int(node.index)] += sample.count
            }
            if isIdle { idle += sample.count }
        }
    }

    package func finish(_ run: RunSummary, into output: ProfileOutput) throws {
        var piece = TextPiece()
        if idle > 0 && !excludeIdle { piece.text += "\(Frame.idle.name) \(idle)\n" }
        if failed > 0 { piece.text += "\(Frame.failed.name) \(failed)\n" }
        try writeFoldedStacks(tree, [counts], formatter: formatter, &piece, output)
        try piece.flush(output)
    }
}
