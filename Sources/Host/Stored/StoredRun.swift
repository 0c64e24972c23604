import Formats
import FrameDecoding
import Output
import Profiles

/// `--convert` and `--diff`: profiles that were written before are read again; no process is looked at.
struct StoredRun {
    private let options: Options
    private let output: OutputFile
    private let frames = FrameTable()

    init(_ context: RunContext) {
        options = context.options
        output = context.output
    }

    /// Writes the profile at `path` in the format that the options ask for.
    func convert(_ path: String) throws {
        let sink = makeSink(options, frames: frames, sources: nil)
        let run = try read(path, into: sink)
        try sink.finish(run, into: output.profile)
        try output.commit()
    }

    /// Writes how the second profile differs from the first.
    func compare(_ paths: Options.Comparison) throws {
        let comparison = Comparison(frames: frames, excludeIdle: options.excludeIdle)
        _ = try read(paths.before, into: comparison.sides.before)
        _ = try read(paths.after, into: comparison.sides.after)
        if options.chosenFormat == .svg {
            try comparison.writePicture(
                before: paths.before, after: paths.after,
                options: FlameGraphSVG.Options(folding: options.folding, lineNumbers: options.lineNumbers),
                into: output.profile)
        } else if options.chosenFormat == .folded {
            try comparison.writeFolded(lineNumbers: options.lineNumbers, into: output.profile)
        } else {
            try comparison.writeTable(before: paths.before, after: paths.after, into: output.profile)
        }
        try output.commit()
    }

    private func read(_ path: String, into sink: any SampleSink) throws -> RunSummary {
        let file = try InputFile(path: path)
        let reader = ProfileReader(name: file.name, frames: frames, interval: options.givenInterval)
        return try reader.read(file, into: sink)
    }
}
