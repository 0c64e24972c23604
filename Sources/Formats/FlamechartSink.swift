import FrameDecoding
import Output
import Profiles

/// Stacks in order of time: a line with the time in microseconds, then a line with the stack, root
/// first, each frame ended by `;`. With several threads each stack has its own pair of lines.
package final class FlamechartSink: SampleSink {
    private let formatter: FrameFormatter
    private let excludeIdle: Bool
    private let log = SampleLog()

    package init(formatter: FrameFormatter, excludeIdle: Bool = false) {
        self.formatter = formatter
        self.excludeIdle = excludeIdle
    }

    package func record(_ sample: Sample) { log.append(sample) }

    package func finish(_ run: RunSummary, into output: ProfileOutput) throws {
        var piece = TextPiece()
        try log.forEach { moment in
            let time = moment.time
            switch moment.outcome {
            case .idle:
                if !excludeIdle { piece.text += "\(time)\n\(Frame.idle.name)\n" }
            case .failed:
                piece.text += "\(time)\n\(Frame.failed.name)\n"
            case .stacks(let entries):
                for entry in entries {
                    piece.text += "\(time)\n"
                    for node in log.tree.pathRootFirst(to: entry.node) {
                        piece.text += formatter.text(log.tree.frame(of: node))
                        piece.text += ";"
                    }
                    piece.text += "\n"
                }
            }
            try piece.passOn(output)
        }
        try piece.flush(output)
    }
}
