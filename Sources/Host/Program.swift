import FrameDecoding
import Glibc
import Sinks

/// The command from its arguments to its exit status.
struct Program {
    let arguments: [String]

    private static let success: Int32 = 0
    private static let failure: Int32 = 1

    func run() -> Int32 {
        reserveStandardDescriptors()
        do {
            let options = try Options.parse(arguments: arguments, supported: supportedABIs)
            options.warnings.forEach(Self.complain)
            if options.showHelp || options.showVersion {
                let output = try OutputFile()
                try output.write(
                    options.showHelp
                        ? helpText(supported: supportedABIs) : versionLine(supported: supportedABIs))
                try output.commit()
                return Self.success
            }
            return try perform(options)
        } catch let error as UsageError {
            Self.complain(error.description)
        } catch OutputError.brokenPipe {
            endAfterBrokenPipe()
        } catch let error as OutputError {
            Self.complain(error.explanation)
        } catch let error as Failure {
            Self.complain(error.explanation)
        } catch {
            Self.complain("\(error)")
        }
        return Self.failure
    }

    private func perform(_ options: Options) throws -> Int32 {
        // Whether it can be written is found out before anything is done to the target.
        let output = try makeOutput(options)
        if let path = options.convert {
            try StoredRun(options: options, output: output).convert(path)
            return Self.success
        }
        if let paths = options.diff {
            try StoredRun(options: options, output: output).compare(paths)
            return Self.success
        }
        if let path = options.replay {
            try ReplayRun(path: path, options: options, output: output).run()
            return Self.success
        }
        if let path = options.core {
            try CoreRun(path: path, options: options, output: output).run()
            return Self.success
        }
        if let pid = options.pid, options.record != nil {
            try RecordRun(pid: pid, options: options, output: output).run()
            return Self.success
        }
        if let pid = options.pid {
            if options.subprocesses {
                try AttachedTreeRun(pid: pid, options: options, output: output).run()
            } else {
                try AttachedRun(pid: pid, options: options, output: output).run()
            }
            return Self.success
        }
        guard let start = options.commandStart else { return Self.failure }
        // The program's own name comes first; the command's bytes are handed on as they are.
        return try CommandRun(
            options: options, output: output, arguments: CommandLine.unsafeArgv + start + 1
        ).run()
    }

    private func makeOutput(_ options: Options) throws -> OutputFile {
        guard options.perProcess, let path = options.output else {
            return try OutputFile(path: options.record ?? options.output)
        }
        try ProcessFileNames(path: path).check(path)
        return .nowhere()
    }

    /// Writes a message to stderr. Names in it may be the target's: none reaches the terminal as a command.
    static func complain(_ message: String) {
        let text = message.split(separator: "\n", omittingEmptySubsequences: false)
            .map { sanitised(String($0), isSentence: true) }.joined(separator: "\n")
            + (message.hasSuffix("\n") ? "" : "\n")
        _ = text.withCString { write(STDERR_FILENO, $0, strlen($0)) }
    }
}

/// What the C library says of its last error.
func lastError() -> String { String(cString: strerror(errno)) }

/// What keeps pyflame from its work; the explanation is for stderr.
struct Failure: Error {
    let explanation: String
}
