// getopt's optopt is a global variable; it is only read here, on one thread.
@preconcurrency import Glibc
import System

/// A command line taken apart by glibc's getopt_long, not yet understood.
struct RawOptions {
    /// In order; the last of each kind counts.
    var given: [(name: OptionName, value: String?)] = []
    var positionals: [String] = []
    /// Where the command of `-t` begins in the arguments; what follows it is nobody else's.
    var commandStart: Int?

    /// `arguments` without the program's name.
    init(_ arguments: [String]) throws(UsageError) {
        // getopt keeps pointers into both tables until it is done.
        var argv: [UnsafeMutablePointer<CChar>?] = (["pyflame"] + arguments).map { strdup($0) }
        let names = OptionTable.entries.map { strdup($0.long) }
        defer { for text in argv + names { free(text) } }
        let count = Int32(argv.count)
        argv.append(nil)
        let table = zip(OptionTable.entries, names).map {
            CommandLineOptions.Long(name: $1!, takesValue: $0.value != nil, code: $0.code)
        }
        CommandLineOptions.begin()
        while true {
            let step = CommandLineOptions.next(count, argv, short: Self.shortOptions, long: table)
            let (code, value, index) = (step.code, step.value, step.index)
            if code == -1 {
                // What follows `--`.
                positionals += arguments.dropFirst(index - 1)
                return
            }
            if code == 1 {
                positionals.append(value ?? "")
                continue
            }
            guard let entry = OptionTable.entries.first(where: { $0.code == code }) else {
                throw .usage(Self.complaint(code, previous: arguments[safe: index - 2] ?? ""))
            }
            given.append((entry.name, value))
            switch entry.name {
            case .trace:
                if let value {
                    throw .usage("-t is followed by a command, not by '\(value)' without a space")
                }
                commandStart = arguments[safe: index - 1] == "--" ? index : index - 1
                return
            // These ask for nothing else, so nothing else is looked at.
            case .help, .version: return
            default: continue
            }
        }
    }

    /// `-`: other arguments come in their turn, and nothing is moved, not even where
    /// POSIXLY_CORRECT is set; `:`: a missing value is told apart; `t::`: what clings to -t is seen.
    private static let shortOptions: String =
        "-:"
        + OptionTable.entries.compactMap { entry in
            entry.short.map {
                entry.name == .trace ? "\($0)::" : entry.value == nil ? "\($0)" : "\($0):"
            }
        }.joined()

    private static func complaint(_ code: Int32, previous: String) -> String {
        let letter = optopt
        let entry = OptionTable.entries.first { $0.code == letter }
        let isLong = previous.hasPrefix("--")
        let name =
            isLong
            ? entry.map { "--\($0.long)" } ?? previous
            : UInt8(exactly: letter).map { "-\(Character(Unicode.Scalar($0)))" } ?? previous
        if code == Int32(UInt8(ascii: ":")) { return "option \(name) needs a value" }
        if entry != nil && isLong { return "option \(name) takes no value" }
        let alike = OptionTable.entries.filter { isLong && "--\($0.long)".hasPrefix(previous) }
        if alike.count > 1 {
            let list = alike.map { "--\($0.long)" }.joined(separator: ", ")
            return "option \(name) is ambiguous: \(list)"
        }
        return "unknown option \(name)"
    }
}

extension Array {
    fileprivate subscript(safe index: Int) -> Element? {
        indices.contains(index) ? self[index] : nil
    }
}
