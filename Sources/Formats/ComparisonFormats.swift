import FrameDecoding
import Output
import Profiles

/// What a comparison can be written as, besides the table of functions.
extension Comparison {
    /// Writes a flame graph of the second profile, each frame coloured by how its share differs from the first:
    /// red is more, blue is less.
    package func writePicture(
        before: String, after: String, options: FlameGraphSVG.Options, into output: ProfileOutput
    ) throws {
        let caption = PictureCaption(
            title: "\(after) compared with \(before)",
            details: "\(NumberText.counted(samples.after, "sample")), before \(NumberText.count(samples.before)); "
                + "red: a larger share than before, blue: a smaller one")
        try FlameGraphSVG(profile, caption: caption, options: options).write(into: output)
    }

    /// Writes folded stacks with two counts each, before and after, as flamegraph.pl takes them.
    package func writeFolded(lineNumbers: Bool, into output: ProfileOutput) throws {
        let formatter = FrameFormatter(frames: profile.frames, lineNumbers: lineNumbers)
        var piece = TextPiece()
        try writeFoldedStacks(
            profile.tree, [profile.before ?? [], profile.counts], formatter: formatter, &piece, output)
        try piece.flush(output)
    }
}
