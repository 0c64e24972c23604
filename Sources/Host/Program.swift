import Formats
import FrameDecoding
import Glibc
import Output

/// The command from its arguments to its exit status.
struct Program {
    /// Without the program's own name.
    let arguments: [String]
    let decoders: [DecoderModule]
    let formats: [OutputFormat]

    func run() -> Int32 {
        reserveStandardDescriptors()
        do {
            return try runThrowing()
        } catch OutputError.brokenPipe {
            endAfterBrokenPipe()
        } catch let error as any RunError {
            complain(error.explanation)
            return error.exitStatus
        } catch {
            complain("\(error)")
            return EXIT_FAILURE
        }
    }

    private func runThrowing() throws -> Int32 {
        let options = try Options.parse(
            arguments: arguments, supported: decoders.supportedABIs, formats: formats)
        options.warnings.forEach(complain)
        if options.showHelp || options.showVersion {
            let output = try OutputFile()
            try output.write(
                options.showHelp
                    ? helpText(supported: decoders.supportedABIs, formats: formats)
                    : versionLine(supported: decoders.supportedABIs))
            try output.commit()
            return EXIT_SUCCESS
        }
        // Whether the output can be written is found out before anything is done to the target.
        return try perform(RunContext(options: options, decoders: decoders, output: makeOutput(options)))
    }

    private func perform(_ context: RunContext) throws -> Int32 {
        let options = context.options
        if let path = options.convert {
            try StoredRun(context).convert(path)
        } else if let paths = options.diff {
            try StoredRun(context).compare(paths)
        } else if let path = options.replay {
            try ReplayRun(path: path, context: context).run()
        } else if let path = options.core {
            try CoreRun(path: path, context: context).run()
        } else if let pid = options.pid, options.record != nil {
            try RecordRun(pid: pid, context: context).run()
        } else if let pid = options.pid, options.subprocesses {
            try AttachedTreeRun(pid: pid, context: context).run()
        } else if let pid = options.pid {
            try AttachedRun(pid: pid, context: context).run()
        } else if let start = options.commandStart {
            // The program's own name comes first; the command's bytes are handed on as they are.
            return try CommandRun(context, arguments: CommandLine.unsafeArgv + start + 1).run()
        } else {
            return EXIT_FAILURE
        }
        return EXIT_SUCCESS
    }

    private func makeOutput(_ options: Options) throws -> OutputFile {
        guard options.perProcess, let path = options.output else {
            return try OutputFile(path: options.record ?? options.output, isPrivate: options.isPrivate)
        }
        try ProcessFileNames(path: path, knownEnding: options.outputEnding).check(path)
        return .nowhere()
    }
}
