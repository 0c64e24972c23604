import Formats
import FrameDecoding

extension Options {
    /// Understands a command line, without the program's name.
    static func parse(
        arguments: [String], supported: [ABI], formats: [OutputFormat] = OutputFormat.standard
    ) throws(UsageError) -> Options {
        let raw = try RawOptions(arguments)
        var options = Options()
        // Whoever asks for help gets it, whatever else is wrong.
        if let last = raw.given.last?.name, last == .help || last == .version {
            options.showHelp = last == .help
            options.showVersion = last == .version
            return options
        }
        try raw.checkExclusions()
        try raw.checkValues()
        var format: OutputFormat?
        for (name, value) in raw.given {
            let value = value ?? ""
            switch name {
            case .pid: options.pid = try Values.pid(value)
            case .convert: options.convert = try Self.file(value, name)
            case .diff: continue
            case .rate:
                options.interval = try Values.interval(value)
                options.givenInterval = options.interval
            case .seconds:
                options.duration = try Values.duration(value)
                options.hasDuration = true
            case .top: options.top = true
            case .locals: options.locals = true
            case .threads: options.mode = .wall
            case .mode: options.mode = try Self.mode(value)
            case .nonblocking: options.nonblocking = true
            case .threadNames: options.threadNames = true
            case .subprocesses: options.subprocesses = true
            case .perProcess:
                options.perProcess = true
                options.subprocesses = true
            case .dump:
                options.dump = true
                options.mode = .wall
            case .excludeIdle: options.excludeIdle = true
            case .flamechart: format = .flamechart
            case .format:
                // The one name that is no profile's.
                options.dumpsJSON = value == Self.dumpFormat
                if !options.dumpsJSON { format = try Self.format(value, formats) }
            case .fold: options.folding = try Self.folding(value)
            case .noLineNumbers: options.lineNumbers = false
            case .output: options.output = try Self.file(value, name)
            case .abi: options.abi = try Self.abi(value, supported)
            case .layout: options.layout = try Self.layout(value)
            case .probe: options.probe = true
            case .record: options.record = try Self.file(value, name)
            case .replay: options.replay = try Self.file(value, name)
            case .core: options.core = try Self.file(value, name)
            case .exe: options.executable = try Self.file(value, name)
            case .stats: options.stats = true
            case .trace, .help, .version: continue
            }
        }
        try options.checkPerProcess()
        if options.dump, format == nil, options.output?.lowercased().hasSuffix(".json") == true {
            options.dumpsJSON = true
        }
        options.chosenFormat = format ?? options.output.flatMap(formats.format(ofFile:))
        options.format = options.chosenFormat ?? .folded
        options.outputEnding = options.output.flatMap(formats.knownEnding(of:))
        try options.takeStored(raw)
        try options.checkTop()
        guard !options.locals || (options.dump && !options.dumpsJSON && !options.subprocesses && options.core == nil) else {
            throw .incompatible("--locals", "anything but -d", "Variables are shown in a dump of one process, as text.")
        }
        guard options.convert == nil, options.diff == nil else { return options }
        if let start = raw.commandStart {
            guard start < arguments.count else { throw .noCommand }
            options.command = Array(arguments[start...])
            options.commandStart = start
        } else {
            try options.takePositionals(raw.positionals)
        }
        return options
    }

    private mutating func takePositionals(_ positionals: [String]) throws(UsageError) {
        guard let first = positionals.first else {
            if pid == nil && replay == nil && core == nil { throw .usage("no PID and no command given") }
            return
        }
        guard pid == nil, positionals.count == 1 else {
            throw .usage("too many arguments: '\(positionals.last ?? first)'")
        }
        pid = try Values.pid(first)
        warnings.append("WARNING: Specifying a PID to trace without -p is deprecated")
    }

    private static func file(_ value: String, _ name: OptionName) throws(UsageError) -> String {
        guard !value.isEmpty else { throw .usage("option --\(name.rawValue) needs a file name") }
        return value
    }

    /// Several profiles cannot share a stream.
    private func checkPerProcess() throws(UsageError) {
        guard perProcess else { return }
        let isStream = output.map { $0 == "-" || $0.hasPrefix("/dev/") || $0.hasPrefix("/proc/self/fd/") }
        guard isStream == false else {
            throw .usage(
                "--per-process writes one file for each process and needs a name for them: with "
                    + "-o profile.folded they are profile.PID.folded")
        }
    }

    /// What `--dump` can be written as instead of text (`--format`).
    fileprivate static let dumpFormat = "json"

    private static func format(_ text: String, _ formats: [OutputFormat]) throws(UsageError) -> OutputFormat {
        guard let format = formats.named(text) else {
            throw .unparsable("format", text, "one of \(formats.names) is expected")
        }
        return format
    }

    private static func folding(_ text: String) throws(UsageError) -> Folding {
        guard let folding = Folding(rawValue: text) else {
            let names = Folding.allCases.map(\.rawValue).joined(separator: ", ")
            throw .unparsable("fold", text, "one of \(names) is expected")
        }
        return folding
    }

    private static func layout(_ text: String) throws(UsageError) -> LayoutSource? {
        if text == "auto" { return nil }
        guard let source = LayoutSource(rawValue: text) else {
            let names = LayoutSource.allCases.map(\.rawValue).joined(separator: ", ")
            throw .unparsable("layout", text, "one of auto, \(names) is expected")
        }
        return source
    }

    private static func abi(_ text: String, _ supported: [ABI]) throws(UsageError) -> ABI {
        guard let abi = ABI(text), supported.contains(abi) else {
            let list = supported.sorted().map(\.description).joined(separator: " ")
            throw .unsupportedABI(text, supported: list)
        }
        return abi
    }
}

extension RawOptions {
    /// What depends on the values of options, and options that need another one.
    fileprivate func checkValues() throws(UsageError) {
        try checkModes()
        let names = Set(given.map(\.name))
        let format = given.last { $0.name == .format }?.value
        if format == Options.dumpFormat, !names.contains(.dump) {
            throw .usage("--format=json is for --dump; as JSON a profile is jsonl, speedscope, firefox or chrometrace")
        }
        if let format, names.contains(.flamechart), format != OutputFormat.flamechart.name {
            throw .incompatible("--flamechart", "--format=\(format)", "There is one output.")
        }
        if names.contains(.exe), !names.contains(.core) {
            throw .usage("--exe names a file for --core, and there is none")
        }
    }
}
