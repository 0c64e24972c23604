import FrameDecoding
import Profiles

/// All formats of pyflame. A new one is a row here and a file beside this one.
extension OutputFormat {
    /// In the order of the help.
    public static let standard: [OutputFormat] = [
        folded, flamechart, cpuprofile, chrometrace, speedscope, firefox, pprof, callgrind, jsonl, svg, html,
    ]

    package static let folded = OutputFormat(
        name: "folded", endings: [".folded"],
        summary: "counted stacks, for flamegraph.pl; the default"
    ) { FoldedSink(formatter: $0.formatter, excludeIdle: $0.excludeIdle) }

    package static let flamechart = OutputFormat(
        name: "flamechart", endings: [".flamechart"],
        summary: "stacks with times, for flame charts", tells: .times
    ) { FlamechartSink(formatter: $0.formatter, excludeIdle: $0.excludeIdle) }

    package static let cpuprofile = OutputFormat(
        name: "cpuprofile", endings: [".cpuprofile"],
        summary: "Chrome DevTools, VS Code, speedscope", tells: .times
    ) {
        CpuProfileSink(
            frames: $0.frames, lineNumbers: $0.lineNumbers, excludeIdle: $0.excludeIdle, allThreads: $0.allThreads)
    }

    package static let chrometrace = OutputFormat(
        name: "chrometrace", endings: [".json", ".chrometrace"],
        summary: "trace events, for Perfetto: a track per thread", tells: [.processes, .threads, .times]
    ) { ChromeTraceSink(frames: $0.frames) }

    package static let speedscope = OutputFormat(
        name: "speedscope", endings: [".speedscope.json", ".speedscope"],
        summary: "speedscope.app: a profile per thread", tells: [.processes, .threads, .times]
    ) { SpeedscopeSink(frames: $0.frames, lineNumbers: $0.lineNumbers, excludeIdle: $0.excludeIdle) }

    package static let firefox = OutputFormat(
        name: "firefox", endings: [".json.gz"],
        summary: "profiler.firefox.com: a track per thread", tells: [.processes, .threads, .times, .kinds]
    ) { FirefoxSink(frames: $0.frames, lineNumbers: $0.lineNumbers, excludeIdle: $0.excludeIdle) }

    package static let pprof = OutputFormat(
        name: "pprof", endings: [".pb.gz", ".pprof"],
        summary: "for pprof, and what reads its gzip'ed profiles", tells: [.processes, .threads]
    ) { PprofSink(frames: $0.frames, lineNumbers: $0.lineNumbers, excludeIdle: $0.excludeIdle) }

    package static let callgrind = OutputFormat(
        name: "callgrind", endings: [".callgrind"],
        summary: "KCachegrind, callgrind_annotate: functions, callers, lines"
    ) { CallgrindSink(frames: $0.frames, lineNumbers: $0.lineNumbers, excludeIdle: $0.excludeIdle) }

    package static let jsonl = OutputFormat(
        name: "jsonl", endings: [".jsonl"],
        summary: "a JSON object per stack, for programs", tells: [.processes, .threads, .times, .kinds]
    ) { JSONLinesSink(frames: $0.frames, lineNumbers: $0.lineNumbers, excludeIdle: $0.excludeIdle) }

    package static let svg = OutputFormat(
        name: "svg", endings: [".svg"],
        summary: "an interactive flame graph, for any browser", tells: .kinds
    ) {
        SVGSink(
            frames: $0.frames, excludeIdle: $0.excludeIdle,
            options: FlameGraphSVG.Options(folding: $0.folding, lineNumbers: $0.lineNumbers))
    }

    package static let html = OutputFormat(
        name: "html", endings: [".html", ".htm"],
        summary: "a report: flame graph, callers, functions, source, time line",
        tells: [.processes, .threads, .times, .kinds, .sources]
    ) {
        HTMLSink(
            frames: $0.frames, lineNumbers: $0.lineNumbers, excludeIdle: $0.excludeIdle, folding: $0.folding,
            sources: $0.sources)
    }
}

extension FormatSettings {
    fileprivate var formatter: FrameFormatter { FrameFormatter(frames: frames, lineNumbers: lineNumbers) }
}
