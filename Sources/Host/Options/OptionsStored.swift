import Formats

/// `--convert` and `--diff`: profiles instead of processes.
extension Options {
    /// The profiles of `--diff`.
    struct Comparison: Equatable, Sendable {
        var before: String
        var after: String
    }

    /// The second profile of `--diff` is an argument of its own.
    mutating func takeStored(_ raw: RawOptions) throws(UsageError) {
        if let before = raw.given.last(where: { $0.name == .diff })?.value {
            guard !before.isEmpty, raw.positionals.count == 1, let after = raw.positionals.first, !after.isEmpty else {
                throw .usage("--diff compares two profiles: --diff BEFORE AFTER")
            }
            diff = Comparison(before: before, after: after)
            if let other = chosenFormat, other != .svg, other != .folded {
                throw .incompatible(
                    "--diff", "--format=\(other.name)", "It writes svg, folded (two counts) or, without a format, a table.")
            }
            return
        }
        if convert != nil, let other = raw.positionals.first {
            throw .usage("too many arguments: '\(other)'")
        }
    }
}
