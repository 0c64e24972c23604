import FrameDecoding

/// A format that a profile can be written in, as data. Help, options, completions and tests all come from the table
/// of these, `OutputFormat.standard`; a program of one's own adds rows to it.
public struct OutputFormat: Sendable {
    /// What a format can tell of a run.
    public struct Abilities: OptionSet, Sendable {
        public let rawValue: Int
        public init(rawValue: Int) { self.rawValue = rawValue }

        /// Which process a stack is of. For formats that cannot, processes become the first frames of stacks.
        public static let processes = Abilities(rawValue: 1)
        /// Which thread a stack is of.
        public static let threads = Abilities(rawValue: 2)
        /// When stacks were seen. Formats that cannot tell have counts instead.
        public static let times = Abilities(rawValue: 4)
        /// What kind a frame is of.
        public static let kinds = Abilities(rawValue: 8)
        /// What the source of the code is: files of the target are read for it.
        public static let sources = Abilities(rawValue: 16)
    }

    /// What `--format` calls it.
    public let name: String
    /// How the names of such files end, in lower case and with the dot: `.speedscope.json`.
    public let endings: [String]
    /// What it is, for the help: half a line.
    public let summary: String
    public let abilities: Abilities
    /// Makes what takes the samples of a run and writes the format.
    public let makeSink: @Sendable (FormatSettings) -> any SampleSink

    public init(
        name: String, endings: [String], summary: String, tells abilities: Abilities = [],
        makeSink: @escaping @Sendable (FormatSettings) -> any SampleSink
    ) {
        self.name = name
        self.endings = endings
        self.summary = summary
        self.abilities = abilities
        self.makeSink = makeSink
    }
}

extension OutputFormat: Equatable {
    /// Formats are told apart by their names.
    public static func == (left: Self, right: Self) -> Bool { left.name == right.name }
}

/// What a format is asked for.
public struct FormatSettings {
    /// The frames of the samples to come.
    public var frames: FrameTable
    /// Whether frames show the lines that they are at.
    public var lineNumbers: Bool
    /// Whether idle samples are left out.
    public var excludeIdle: Bool
    /// Whether samples have threads that were waiting, too.
    public var allThreads: Bool
    public var folding: Folding
    /// Where source text is read, for formats that show it.
    public var sources: any SourceFiles

    public init(
        frames: FrameTable, lineNumbers: Bool = true, excludeIdle: Bool = false, allThreads: Bool = false,
        folding: Folding = .function, sources: any SourceFiles
    ) {
        self.frames = frames
        self.lineNumbers = lineNumbers
        self.excludeIdle = excludeIdle
        self.allThreads = allThreads
        self.folding = folding
        self.sources = sources
    }
}

/// What the frames of pictures stand for (`--fold`).
public enum Folding: String, CaseIterable, Sendable {
    /// A frame for each function under its callers, whichever of its lines it was at.
    case function
    /// A frame for each line.
    case line
}

/// A table of formats. Of two rows with one name or ending the first counts.
extension [OutputFormat] {
    package func named(_ name: String) -> OutputFormat? { first { $0.name == name } }

    /// The format that the name of a file asks for, if it does.
    package func format(ofFile path: String) -> OutputFormat? {
        guard let ending = knownEnding(of: path) else { return nil }
        return first { $0.endings.contains(ending) }
    }

    /// The ending of a file's name that one of the formats has, in lower case. The longest counts:
    /// `.speedscope.json` is not any `.json`.
    package func knownEnding(of path: String) -> String? {
        let name = path.lowercased()
        return flatMap(\.endings).filter(name.hasSuffix).max { $0.utf8.count < $1.utf8.count }
    }

    /// For messages: `folded, flamechart, ...`.
    package var names: String { map(\.name).joined(separator: ", ") }
}
