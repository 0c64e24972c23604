/// What a profile can be written as (`--format`).
enum OutputFormat: String, CaseIterable, Sendable {
    case folded, flamechart, cpuprofile, chrometrace

    /// What it is, for the help.
    var summary: String {
        switch self {
        case .folded: "counted stacks, for flamegraph.pl; the default"
        case .flamechart: "stacks with times, for flame charts"
        case .cpuprofile: "Chrome DevTools, VS Code, speedscope"
        case .chrometrace: "trace events, for Perfetto: a track per thread"
        }
    }

    /// How the names of such files end.
    var endings: [String] {
        switch self {
        case .folded: [".folded"]
        case .flamechart: [".flamechart"]
        case .cpuprofile: [".cpuprofile"]
        case .chrometrace: [".json", ".chrometrace"]
        }
    }

    /// The format that the name of a file asks for, if it does.
    init?(fileName: String) {
        let name = fileName.lowercased()
        guard let format = Self.allCases.first(where: { $0.endings.contains { name.hasSuffix($0) } })
        else { return nil }
        self = format
    }

    static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
