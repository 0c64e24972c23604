import FrameDecoding

/// One option as data. What getopt reads, the help, and the tests of man page and completions all
/// come from this table.
struct OptionEntry: Sendable {
    enum Group: String, CaseIterable, Sendable {
        case target = "What to profile"
        case sampling = "Sampling"
        case output = "Output"
        case detection = "When detection fails"
        case other = "Other"
    }

    let name: OptionName
    let short: Character?
    let group: Group
    /// What the value is called in the help; nil when there is none.
    let value: String?
    let help: String

    var long: String { name.rawValue }
    /// getopt's number for it: the short letter, or one that no letter has.
    var code: Int32 {
        short?.asciiValue.map(Int32.init) ?? 256 + Int32(OptionName.allCases.firstIndex(of: name) ?? 0)
    }

    init(
        _ name: OptionName, _ short: Character? = nil, _ group: Group, value: String? = nil,
        _ help: String
    ) {
        self.name = name
        self.short = short
        self.group = group
        self.value = value
        self.help = help
    }
}

/// All options by their long names.
enum OptionName: String, CaseIterable, Sendable {
    case nonblocking
    case pid, trace, convert, diff, subprocesses, core, exe, replay
    case rate, seconds, mode, threads, threadNames = "thread-names"
    case top, dump, locals, excludeIdle = "exclude-idle", flamechart, format
    case fold, noLineNumbers = "no-line-numbers", output, perProcess = "per-process"
    case abi, layout, probe, record
    case stats, help, version
}

enum OptionTable {
    /// In the order of the help.
    static let entries: [OptionEntry] = [
        OptionEntry(
            .pid, "p", .target, value: "PID",
            "attach to this process"),
        OptionEntry(
            .trace, "t", .target,
            "run a command and profile it to its end; the last option: all that follows is the command"),
        OptionEntry(
            .subprocesses, nil, .target,
            "all Python processes below it as well, those that are born later too"),
        OptionEntry(
            .core, nil, .target, value: "CORE",
            "print the stacks of a process that left this core dump"),
        OptionEntry(
            .exe, nil, .target, value: "FILE",
            "a file that it had mapped, if it is not at its old place; with --core"),
        OptionEntry(
            .replay, nil, .target, value: "FILE",
            "decode a recording (see --record) again: print its stacks or, with --probe, what it contains"),
        OptionEntry(
            .convert, nil, .target, value: "PROFILE",
            "read a profile (folded stacks, pprof; - is stdin) and write it in another format"),
        OptionEntry(
            .diff, nil, .target, value: "BEFORE AFTER",
            "compare two profiles: with -o x.svg a flame graph in red and blue, else a table of what grew"),
        OptionEntry(
            .rate, "r", .sampling, value: "RATE",
            "seconds between samples, or with a unit: 10ms, 500us, 100Hz; default 0.01"),
        OptionEntry(
            .seconds, "s", .sampling, value: "SECONDS",
            "how long to sample, or with a unit: 30s, 2m, 1h; default 1, 0 is one sample; not with -t"),
        OptionEntry(
            .mode, nil, .sampling, value: "MODE",
            "which threads: gil (the one that holds the GIL; default), wall (all), cpu (those on a processor)"),
        OptionEntry(
            .threads, nil, .sampling,
            "sample all threads: --mode=wall"),
        OptionEntry(
            .nonblocking, nil, .sampling,
            "never stop the target: read while it waits for its processor; not with -t; x86-64 only"),
        OptionEntry(
            .threadNames, nil, .sampling,
            "begin each stack with the name of its thread"),
        OptionEntry(
            .top, nil, .output,
            "show on the terminal, as it runs, which functions and threads take the time; h in it shows the keys"),
        OptionEntry(
            .dump, "d", .output,
            "print the stacks of all threads once, and leave"),
        OptionEntry(
            .locals, nil, .output,
            "with -d: show arguments and local variables, as far as they are small"),
        OptionEntry(
            .excludeIdle, "x", .output,
            "leave \"\(Frame.idle.name)\" out"),
        OptionEntry(
            .flamechart, nil, .output,
            "a time stamp before each stack: --format=flamechart"),
        OptionEntry(
            .format, nil, .output, value: "FORMAT",
            "what to write, see below; by default what the name of the output file says, else folded"),
        OptionEntry(
            .fold, nil, .output, value: "BY",
            "what a frame of a flame graph is: function (default) or line; both can be switched in it"),
        OptionEntry(
            .noLineNumbers, "n", .output,
            "frames without line numbers"),
        OptionEntry(
            .output, "o", .output, value: "FILENAME",
            "write the profile there instead of stdout"),
        OptionEntry(
            .perProcess, nil, .output,
            "--subprocesses, with a file for each process: -o profile.folded gives profile.PID.folded"),
        OptionEntry(
            .abi, nil, .detection, value: "VERSION",
            "take the interpreter for this version: 27 or 2.7, 36, 311; for embedded builds"),
        OptionEntry(
            .layout, nil, .detection, value: "SOURCE",
            "where struct layouts come from: auto, table, offsets, dwarf; default auto"),
        OptionEntry(
            .probe, nil, .detection,
            "print what was found in the process and why, and leave; for bug reports"),
        OptionEntry(
            .record, nil, .detection, value: "FILE",
            "save what is read of all threads' stacks in FILE, and leave; for bug reports"),
        OptionEntry(
            .stats, nil, .other,
            "at the end print on stderr how the sampling went and what it cost"),
        OptionEntry(
            .help, "h", .other,
            "print this help"),
        OptionEntry(
            .version, "v", .other,
            "print the version and the supported Python ABIs"),
    ]
}
