import Attach
import Formats
import FrameDecoding
import Profiles

/// The sink for what the options ask for.
func makeSink(_ options: Options, frames: FrameTable) -> any SampleSink {
    func makeOne() -> any SampleSink {
        // Each profile reads the sources of its own processes.
        let settings = FormatSettings(
            frames: frames, lineNumbers: options.lineNumbers, excludeIdle: options.excludeIdle,
            allThreads: options.threads, folding: options.folding,
            sources: options.convert == nil ? TargetSources() : NoSources())
        var sink = options.format.makeSink(settings)
        if options.subprocesses && !options.format.abilities.contains(.processes) {
            sink = ProcessRoots(sink, frames: frames)
        }
        return options.threadNames ? ThreadRoots(sink, frames: frames) : sink
    }
    guard options.perProcess, let path = options.output else { return makeOne() }
    return ProcessFiles(names: ProcessFileNames(path: path, knownEnding: options.outputEnding), makeSink: makeOne)
}
