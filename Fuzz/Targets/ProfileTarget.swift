import FrameDecoding

@testable import Formats
@testable import Profiles

/// Profiles that were written before (`--convert`, `--diff`): folded stacks and pprof's. The first byte chooses what
/// is made of them: one of the formats, or a comparison of the file's two halves.
func fuzzProfiles(_ bytes: [UInt8]) {
    guard let first = bytes.first else { return }
    let content = Array(bytes.dropFirst())
    let frames = FrameTable()
    let nowhere = ProfileOutput { _ in }
    if first >= 0xc0 {
        let comparison = Comparison(frames: frames, excludeIdle: first & 1 == 0)
        let middle = content.count / 2
        guard read(Array(content[..<middle]), frames, comparison.sides.before) != nil,
            read(Array(content[middle...]), frames, comparison.sides.after) != nil
        else { return }
        try? comparison.writePicture(
            before: "before", after: "after", options: FlameGraphSVG.Options(folding: .line, lineNumbers: true), into: nowhere)
        try? comparison.writeFolded(lineNumbers: true, into: nowhere)
        try? comparison.writeTable(before: "before", after: "after", into: nowhere)
        return
    }
    let sink = sink(first & 0x3f, frames, excludeIdle: first & 0x40 != 0)
    guard let run = read(content, frames, sink) else { return }
    try? sink.finish(run, into: nowhere)
}

private func read(_ bytes: [UInt8], _ frames: FrameTable, _ sink: any SampleSink) -> RunSummary? {
    var summary: RunSummary?
    withFile(bytes) { path in
        guard let file = try? InputFile(path: path) else { return }
        summary = try? ProfileReader(name: path, frames: frames).read(file, into: sink)
    }
    return summary
}

private func sink(_ choice: UInt8, _ frames: FrameTable, excludeIdle: Bool) -> any SampleSink {
    let formatter = FrameFormatter(frames: frames, lineNumbers: true)
    return switch choice % 10 {
    case 0: FoldedSink(formatter: formatter, excludeIdle: excludeIdle)
    case 1: FlamechartSink(formatter: formatter, excludeIdle: excludeIdle)
    case 2: CpuProfileSink(frames: frames, lineNumbers: true, excludeIdle: excludeIdle, allThreads: false)
    case 3: ChromeTraceSink(frames: frames)
    case 4: SpeedscopeSink(frames: frames, lineNumbers: true, excludeIdle: excludeIdle)
    case 5: FirefoxSink(frames: frames, lineNumbers: true, excludeIdle: excludeIdle)
    case 6: JSONLinesSink(frames: frames, lineNumbers: true, excludeIdle: excludeIdle)
    case 7: PprofSink(frames: frames, lineNumbers: true, excludeIdle: excludeIdle)
    case 8:
        SVGSink(
            frames: frames, excludeIdle: excludeIdle,
            options: FlameGraphSVG.Options(folding: .line, lineNumbers: true))
    default:
        HTMLSink(
            frames: frames, lineNumbers: true, excludeIdle: excludeIdle, folding: .line, sources: NoFiles())
    }
}

/// Whatever path a profile names, nothing is read.
private final class NoFiles: SourceFiles {
    func place(of process: Int32) -> Int? { nil }
    func read(_ path: String, of process: Int32) -> SourceText { SourceText(text: nil) }
}
