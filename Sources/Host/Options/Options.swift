import Formats
import FrameDecoding

/// What the command line asks for.
struct Options: Equatable, Sendable {
    /// The process to attach to; nil in trace mode, and when help or version is asked for.
    var pid: Int32?
    /// The command of `-t`, with its arguments.
    var command: [String]?
    /// Where it begins in the arguments given to `parse`: for those who need its bytes as they are,
    /// since a String cannot hold what is not UTF-8.
    var commandStart: Int?

    /// The recording to decode instead of a process.
    var replay: String?
    /// The core dump to read instead of a process.
    var core: String?
    /// A copy of one of the files that the dead process had mapped.
    var executable: String?
    /// Where to save what is read of the process.
    var record: String?
    /// Those that descend from the process as well.
    var subprocesses = false
    /// A file for each of them.
    var perProcess = false

    /// The profile to convert, and those to compare, instead of a process.
    var convert: String?
    var diff: Comparison?

    var dump = false
    /// The dump shows variables.
    var locals = false
    /// The dump is to be JSON.
    var dumpsJSON = false
    /// A table that refreshes, instead of a profile.
    var top = false
    var probe = false
    var showHelp = false
    var showVersion = false

    /// Nanoseconds between samples.
    var interval: UInt64 = 10_000_000
    /// The same, if it was given: converted profiles may have an interval of their own.
    var givenInterval: UInt64?
    /// Nanoseconds; 0 is one sample. Means nothing in trace mode.
    var duration: UInt64 = 1_000_000_000
    /// `--seconds` was given.
    var hasDuration = false
    /// Which threads are sampled.
    var mode = SamplingMode.gil
    /// Whether samples show more than the holder of the GIL.
    var threads: Bool { mode != .gil }
    /// Whether stacks begin with the name of their thread.
    var threadNames = false
    /// Whether the target is never stopped.
    var nonblocking = false
    var excludeIdle = false
    var lineNumbers = true

    /// Nil is standard output.
    var output: String?
    /// The ending of its name, where a format has that one; in lower case.
    var outputEnding: String?
    var format = OutputFormat.folded
    /// The same, if it was asked for: by `--format` or by the name of the output.
    var chosenFormat: OutputFormat?
    /// What the frames of pictures stand for.
    var folding = Folding.function
    var stats = false

    var abi: ABI?
    /// Nil is all of them, in the decoder's order.
    var layout: LayoutSource?

    /// For stderr, one line each.
    var warnings: [String] = []

    var flamechart: Bool { format == .flamechart }

    /// Whether the output may hold secrets of the target: memory, variables or source text.
    var isPrivate: Bool {
        record != nil || locals || (!dump && convert == nil && format.abilities.contains(.sources))
    }
}
