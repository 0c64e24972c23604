import Attach
import Formats
import FrameDecoding
import Profiles

/// The sink for what the options ask for.
func makeSink(_ options: Options, frames: FrameTable) -> any SampleSink {
    func makeOne() -> any SampleSink {
        var sink = makeFormat(options, frames: frames)
        if options.subprocesses && !options.format.hasProcesses {
            sink = ProcessRoots(sink, frames: frames)
        }
        return options.threadNames ? ThreadRoots(sink, frames: frames) : sink
    }
    guard options.perProcess, let path = options.output else { return makeOne() }
    return ProcessFiles(names: ProcessFileNames(path: path), makeSink: makeOne)
}

private func makeFormat(_ options: Options, frames: FrameTable) -> any SampleSink {
    let formatter = FrameFormatter(frames: frames, lineNumbers: options.lineNumbers)
    return switch options.format {
    case .folded: FoldedSink(formatter: formatter, excludeIdle: options.excludeIdle)
    case .flamechart: FlamechartSink(formatter: formatter, excludeIdle: options.excludeIdle)
    case .cpuprofile:
        CpuProfileSink(
            frames: frames, lineNumbers: options.lineNumbers, excludeIdle: options.excludeIdle,
            allThreads: options.threads)
    case .chrometrace: ChromeTraceSink(frames: frames)
    case .speedscope:
        SpeedscopeSink(
            frames: frames, lineNumbers: options.lineNumbers, excludeIdle: options.excludeIdle)
    case .firefox:
        FirefoxSink(
            frames: frames, lineNumbers: options.lineNumbers, excludeIdle: options.excludeIdle)
    case .jsonl:
        JSONLinesSink(
            frames: frames, lineNumbers: options.lineNumbers, excludeIdle: options.excludeIdle)
    case .pprof:
        PprofSink(
            frames: frames, lineNumbers: options.lineNumbers, excludeIdle: options.excludeIdle)
    case .svg:
        SVGSink(
            frames: frames, excludeIdle: options.excludeIdle,
            options: FlameGraphSVG.Options(folding: options.folding, lineNumbers: options.lineNumbers))
    case .html:
        HTMLSink(
            frames: frames, lineNumbers: options.lineNumbers, excludeIdle: options.excludeIdle,
            folding: options.folding, sources: options.convert == nil ? TargetSources() : NoSources())
    }
}
