/// A command line that cannot be followed. Its beginnings are matched by users' scripts.
struct UsageError: Error, Equatable, CustomStringConvertible {
    /// All that goes to stderr, with its last newline.
    let description: String

    private init(_ text: String) { description = text }

    /// Begins with `Usage: `; the cause comes below it.
    static func usage(_ cause: String) -> UsageError {
        UsageError(usageText + "\npyflame: \(cause)\nTry 'pyflame --help' for all options.\n")
    }

    static let noCommand = UsageError("Option -t requires a command to run.\n" + usageText)

    static func unparsable(_ what: String, _ text: String, _ expected: String) -> UsageError {
        UsageError("failed to parse \(what) \"\(text)\": \(expected)\n")
    }

    static func incompatible(_ left: String, _ right: String, _ hint: String) -> UsageError {
        UsageError("not mutually compatible: \(left) and \(right). \(hint)\n")
    }

    static func unsupportedABI(_ text: String, supported: String) -> UsageError {
        UsageError(
            "Unknown or unsupported ABI version: \(text)\n"
                + "Supported ABI versions: \(supported)\n")
    }
}
