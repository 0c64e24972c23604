import FrameDecoding
import Sampler

/// Which threads are sampled: `--mode`, `--threads` and what goes with them.
extension Options {
    func checkModes(_ raw: RawOptions) throws(UsageError) {
        let given = Set(raw.given.map(\.name))
        let modes = Set(raw.given.compactMap { $0.name == .mode ? $0.value : nil })
        if let mode = raw.given.last(where: { $0.name == .mode })?.value, mode != SamplingMode.wall.rawValue {
            if given.contains(.threads) {
                throw .incompatible("--threads", "--mode=\(mode)", "--threads is --mode=wall.")
            }
            if given.contains(.dump) {
                throw .incompatible("-d", "--mode=\(mode)", "A dump shows all threads.")
            }
        }
        if modes.count > 1 {
            throw .incompatible(
                "--mode=\(modes.min() ?? "")", "--mode=\(modes.max() ?? "")", "A profile has one mode.")
        }
        if given.contains(.threadNames) && given.contains(.dump) {
            throw .incompatible("--thread-names", "-d", "A dump on a terminal has the names.")
        }
    }

    static func mode(_ text: String) throws(UsageError) -> SamplingMode {
        guard let mode = SamplingMode(rawValue: text) else {
            let names = SamplingMode.allCases.map(\.rawValue).joined(separator: ", ")
            throw .unparsable("mode", text, "one of \(names) is expected")
        }
        return mode
    }
}

extension Options {
    /// What is asked of the sampler.
    var sampling: Sampler.Options { Sampler.Options(mode: mode, names: threadNames) }
}

/// `--top`: a picture of counts, for whoever sits at the terminal.
extension Options {
    func checkTop(_ raw: RawOptions) throws(UsageError) {
        guard top else { return }
        let given = Set(raw.given.map(\.name))
        for (name, hint) in [
            (OptionName.dump, "A dump is one moment."), (.probe, "Each has an output of its own."),
            (.record, "Record first, or watch."), (.replay, "A recording is over."),
            (.subprocesses, "The screen follows one process."),
            (.perProcess, "The screen follows one process."), (.convert, "A profile is over."),
            (.diff, "Profiles are over."), (.core, "A core dump does not change."),
        ] where given.contains(name) {
            throw .incompatible("--top", "--\(name.rawValue)", hint)
        }
        if !format.countsStacks {
            throw .incompatible(
                "--top", "--format=\(format.rawValue)", "What --top keeps are counts, without times.")
        }
    }
}
