/// Options that do not go together, as data.
struct Exclusion: Sendable {
    let option: OptionName
    /// None of these goes with `option`.
    let others: [OptionName]
    /// What the user may have meant, or why it cannot be.
    let hint: String

    init(_ option: OptionName, with others: OptionName..., because hint: String) {
        self.init(option, with: others, because: hint)
    }

    init(_ option: OptionName, with others: [OptionName], because hint: String) {
        self.option = option
        self.others = others
        self.hint = hint
    }

    /// The first row that a command line breaks is the one that is told.
    static let table: [Exclusion] = [
        Exclusion(.nonblocking, with: .subprocesses, .record,
            because: "One process at a time is read without stopping it."),
        Exclusion(.nonblocking, with: .trace,
            because: "A command is traced from its start; attach to it with -p instead."),

        Exclusion(.pid, with: .trace, because: "Attach to a process or run a command."),
        Exclusion(.dump, with: .trace, because: "Only a process that runs already can be dumped."),
        Exclusion(.seconds, with: .trace, because: "A command is profiled to its end."),
        Exclusion(.probe, with: .trace, because: "Only a process that runs already can be probed."),

        Exclusion(.convert, with: .diff, because: "Each reads profiles of its own."),
        Exclusion(.convert, with: allBut(stored), because: "It reads a profile that was written before, no process."),
        Exclusion(.diff, with: allBut(stored), because: "It reads profiles that were written before, no process."),

        Exclusion(.record,
            with: .trace, .dump, .probe, .output, .format, .flamechart, .subprocesses, .perProcess,
            because: "It takes one sample of a process and prints nothing."),
        Exclusion(.replay,
            with: .pid, .trace, .subprocesses, .perProcess, .record, .abi, .layout, .format, .flamechart,
            because: "A recording is decoded as it was recorded."),
        Exclusion(.core,
            with: .pid, .trace, .subprocesses, .perProcess, .record, .replay, .format, .flamechart, .seconds,
            because: "A core dump has one stack for each thread."),

        Exclusion(.dump, with: .threadNames, because: "A dump on a terminal has the names."),
        Exclusion(.dump, with: .perProcess, because: "--subprocesses dumps all of them, one after another."),
        Exclusion(.probe, with: .dump, because: "Each prints once and leaves."),
        Exclusion(.probe, with: .subprocesses, .perProcess, because: "One process is probed at a time."),

        Exclusion(.top, with: .dump, because: "A dump is one moment."),
        Exclusion(.top, with: .probe, because: "Each has an output of its own."),
        Exclusion(.top, with: .record, because: "Record first, or watch."),
        Exclusion(.top, with: .replay, because: "A recording is over."),
        Exclusion(.top, with: .subprocesses, .perProcess, because: "The screen follows one process."),
        Exclusion(.top, with: .core, because: "A core dump does not change."),
    ]

    /// What can be asked for with `--convert` and `--diff`.
    private static let stored: Set<OptionName> = [
        .convert, .diff, .format, .flamechart, .fold, .noLineNumbers, .output, .excludeIdle, .rate,
    ]

    private static func allBut(_ options: Set<OptionName>) -> [OptionName] {
        OptionName.allCases.filter { !options.contains($0) }
    }
}

extension RawOptions {
    /// Throws for the first row of the table that the command line breaks.
    func checkExclusions() throws(UsageError) {
        var given = Set(given.map(\.name))
        // A PID may be given without -p. With --diff and --convert an argument is something else.
        let pid = given.contains(.diff) || given.contains(.convert) ? nil : positionals.first
        if pid != nil { given.insert(.pid) }
        for row in Exclusion.table where given.contains(row.option) {
            guard let other = row.others.first(where: given.contains) else { continue }
            let pairs = [row.option, other].map { option in
                option == .pid ? pid.map { "a PID (\($0))" } ?? option.shown : option.shown
            }
            throw .incompatible(pairs[0], pairs[1], row.hint)
        }
    }
}

extension OptionName {
    /// As a message names it: by its letter where it has one that people know.
    fileprivate var shown: String {
        switch self {
        case .pid: "-p"
        case .trace: "-t"
        case .dump: "-d"
        case .seconds: "-s"
        default: "--\(rawValue)"
        }
    }
}
