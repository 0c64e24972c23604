import FrameDecoding
import Output

/// What becomes of a run that attached to a process.
enum AttachedOutcome {
    /// The profile is in the sink.
    case profile(RunStatistics)
    /// A dump, or what `--probe` found.
    case text(String)

    /// Writes it; with `--stats`, says on stderr how the sampling went.
    func write(to output: OutputFile, from sink: any SampleSink, _ options: Options) throws {
        switch self {
        case .text(let text):
            try output.write(text)
            try output.commit()
        case .profile(let statistics):
            try sink.finish(statistics.summary, into: output.profile)
            try output.commit()
            if options.stats { complain(statistics.text) }
        }
    }
}
