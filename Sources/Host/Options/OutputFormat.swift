/// What a profile can be written as (`--format`).
enum OutputFormat: String, CaseIterable, Sendable {
    case folded, flamechart, cpuprofile, chrometrace, speedscope, firefox, pprof, jsonl
    case svg, html

    /// What it is, for the help.
    var summary: String {
        switch self {
        case .folded: "counted stacks, for flamegraph.pl; the default"
        case .flamechart: "stacks with times, for flame charts"
        case .cpuprofile: "Chrome DevTools, VS Code, speedscope"
        case .chrometrace: "trace events, for Perfetto: a track per thread"
        case .speedscope: "speedscope.app: a profile per thread"
        case .firefox: "profiler.firefox.com: a track per thread"
        case .jsonl: "a JSON object per stack, for programs"
        case .pprof: "for pprof, and what reads its gzip'ed profiles"
        case .svg: "an interactive flame graph, for any browser"
        case .html: "a report: flame graph, callers, functions, source, time line"
        }
    }

    /// Whether it tells processes apart by itself.
    var hasProcesses: Bool {
        switch self {
        case .chrometrace, .speedscope, .firefox, .pprof, .jsonl, .html: true
        case .folded, .flamechart, .cpuprofile, .svg: false
        }
    }

    /// Whether it says how often stacks were seen, not when.
    var countsStacks: Bool {
        switch self {
        case .folded, .pprof, .svg: true
        default: false
        }
    }

    /// How the names of such files end.
    var endings: [String] {
        switch self {
        case .folded: [".folded"]
        case .flamechart: [".flamechart"]
        case .cpuprofile: [".cpuprofile"]
        case .chrometrace: [".json", ".chrometrace"]
        case .speedscope: [".speedscope.json", ".speedscope"]
        case .firefox: [".json.gz"]
        case .jsonl: [".jsonl"]
        case .pprof: [".pb.gz", ".pprof"]
        case .svg: [".svg"]
        case .html: [".html", ".htm"]
        }
    }

    /// The format that the name of a file asks for, if it does.
    init?(fileName: String) {
        let name = fileName.lowercased()
        // The longest ending knows best: `.speedscope.json` is not any `.json`.
        let matches = Self.allCases.flatMap { format in
            format.endings.filter(name.hasSuffix).map { (format, length: $0.utf8.count) }
        }
        guard let best = matches.max(by: { $0.length < $1.length }) else { return nil }
        self = best.0
    }

    /// What `--dump` can be written as instead of text.
    static let dumpName = "json"

    static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
