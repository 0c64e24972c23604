import Attach
import Formats
import FrameDecoding
import Profiles

/// Where the sources of what is profiled are read; nil when no format wants them.
func sourcesOfTargets(_ options: Options) -> TargetSources? {
    options.format.abilities.contains(.sources) && options.convert == nil ? TargetSources() : nil
}

/// The sink for what the options ask for; without `sources` a report has none.
func makeSink(_ options: Options, frames: FrameTable, sources: TargetSources?) -> any SampleSink {
    func makeOne() -> any SampleSink {
        let settings = FormatSettings(
            frames: frames, lineNumbers: options.lineNumbers, excludeIdle: options.excludeIdle,
            allThreads: options.threads, folding: options.folding,
            sources: sources ?? NoSources())
        var sink = options.format.makeSink(settings)
        if options.subprocesses && !options.format.abilities.contains(.processes) {
            sink = ProcessRoots(sink, frames: frames)
        }
        return options.threadNames ? ThreadRoots(sink, frames: frames) : sink
    }
    guard options.perProcess, let path = options.output else { return makeOne() }
    let names = ProcessFileNames(path: path, knownEnding: options.outputEnding)
    return ProcessFiles(names: names, isPrivate: options.isPrivate, makeSink: makeOne)
}
