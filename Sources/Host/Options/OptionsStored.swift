import Sinks

/// `--convert` and `--diff`: profiles instead of processes.
extension Options {
    /// The profiles of `--diff`.
    struct Comparison: Equatable, Sendable {
        var before: String
        var after: String
    }

    /// What can be asked for with each of them.
    private static let fitting: Set<OptionName> = [
        .convert, .diff, .format, .flamechart, .fold, .noLineNumbers, .output, .excludeIdle, .rate,
    ]

    func checkStored(_ raw: RawOptions) throws(UsageError) {
        let given = raw.given.map(\.name)
        guard let stored = given.first(where: { $0 == .convert || $0 == .diff }) else { return }
        if let other = given.first(where: { !Self.fitting.contains($0) }) {
            throw .incompatible(
                "--\(stored.rawValue)", "--\(other.rawValue)", "It reads profiles that were written before, no process.")
        }
        if given.contains(.convert), given.contains(.diff) {
            throw .incompatible("--convert", "--diff", "Each reads profiles of its own.")
        }
    }

    /// The second profile of `--diff` is an argument of its own.
    mutating func takeStored(_ raw: RawOptions) throws(UsageError) {
        if let before = raw.given.last(where: { $0.name == .diff })?.value {
            guard !before.isEmpty, raw.positionals.count == 1, let after = raw.positionals.first, !after.isEmpty else {
                throw .usage("--diff compares two profiles: --diff BEFORE AFTER")
            }
            diff = Comparison(before: before, after: after)
            switch chosenFormat {
            case nil, .svg, .folded: return
            case let other?:
                throw .incompatible(
                    "--diff", "--format=\(other.rawValue)", "It writes svg, folded (two counts) or, without a format, a table.")
            }
        }
        if convert != nil, let other = raw.positionals.first {
            throw .usage("too many arguments: '\(other)'")
        }
    }
}
