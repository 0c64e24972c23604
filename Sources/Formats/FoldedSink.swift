import FrameDecoding
import Output
import Profiles

/// Folded stacks, as flamegraph.pl takes them: one line per distinct stack, root first, and its count.
package final class FoldedSink: SampleSink {
    private let formatter: FrameFormatter
    private let excludeIdle: Bool
    private var counter: StackCounter

    /// With `excludeIdle` the line of idle samples is left out.
    package init(formatter: FrameFormatter, excludeIdle: Bool = false) {
        self.formatter = formatter
        self.excludeIdle = excludeIdle
        counter = StackCounter(frames: formatter.frames)
    }

    package func record(_ sample: Sample) { counter.record(sample) }

    package func finish(_ run: RunSummary, into output: ProfileOutput) throws {
        var piece = TextPiece()
        let (idle, failed) = (counter.idle, counter.failed)
        if idle > 0 && !excludeIdle { piece.text += "\(Frame.idle.name) \(idle)\n" }
        if failed > 0 { piece.text += "\(Frame.failed.name) \(failed)\n" }
        let stacks = counter.stacks
        try writeFoldedStacks(stacks.tree, [stacks.counts], formatter: formatter, &piece, output)
        try piece.flush(output)
    }
}
