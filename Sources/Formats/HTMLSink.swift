import FrameDecoding
import Output
import Profiles

/// A report as one HTML page: flame graph, callers, functions, threads, source and time line, all
/// computed in the browser (Pages/report) from the samples that the page holds.
package final class HTMLSink: SampleSink {
    private let frames: FrameTable
    private let lineNumbers: Bool
    private let excludeIdle: Bool
    private let folding: Folding
    private let sources: any SourceFiles
    private let log = SampleLog()
    private var processes: [ProfiledProcess] = []

    /// `sources` is asked for source text at the end, after all samples.
    package init(
        frames: FrameTable, lineNumbers: Bool = true, excludeIdle: Bool = false,
        folding: Folding = .function, sources: any SourceFiles
    ) {
        self.frames = frames
        self.lineNumbers = lineNumbers
        self.excludeIdle = excludeIdle
        self.folding = folding
        self.sources = sources
    }

    package func begin(_ process: ProfiledProcess) {
        processes.append(process)
    }

    package func record(_ sample: Sample) { log.append(sample) }

    package func finish(_ run: RunSummary, into output: ProfileOutput) throws {
        let failed = log.tree.insert(stackLeafFirst: [frames.intern(.failed)])
        let idle = excludeIdle ? nil : log.tree.insert(stackLeafFirst: [frames.intern(.idle)])
        let samples = ReportSamples(log, idle: idle, failed: failed)
        var packed = PackedFrames(frames: frames, lineNumbers: lineNumbers)
        let nodes = log.tree.packed(&packed)
        let fileIndex = { [frames, packed] (frame: FrameID) -> Int? in
            frames[frame].kind == .python ? packed.fileIndex(of: frame) : nil
        }
        let sources = ReportSources(
            log: log, counts: samples.counts, frames: frames, reader: sources, files: fileIndex)
        let page = ReportPage(
            caption: PictureCaption(processes, run),
            facts: runFacts(processes, run, stacks: samples.counts.count { $0 > 0 }))
        let data = """
            {\(packed.json),
            "nodes":"\(nodes)",
            "samples":"\(samples.packed.base64)",
            "slots":\(samples.slots),"seconds":\(NumberText.fixed(Double(samples.microseconds) / 1e6, places: 3)),
            "processes":[\(log.processes.map { jsonString(name(of: $0)) }.joined(separator: ","))],
            "tracks":[\(samples.tracks.map(json).joined(separator: ","))],
            "fold":"\(folding.rawValue)",
            "sources":\(sources.json)}
            """
        try page.write(data: scriptSafe(data), into: output)
    }

    private func name(of pid: Int32) -> String {
        sanitised(processes.first { $0.pid == pid }?.label ?? "process \(pid)", isSentence: true)
    }

    private func json(_ track: ReportSamples.Track) -> String {
        let name = track.name.map { jsonString(sanitised($0, isSentence: true)) } ?? "null"
        return "[\(track.process),\(name)]"
    }
}
