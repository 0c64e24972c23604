import FrameDecoding
import Sampler

/// Which threads are sampled: `--mode`, `--threads` and what goes with them.
extension RawOptions {
    func checkModes() throws(UsageError) {
        let names = Set(given.map(\.name))
        let modes = given.compactMap { $0.name == .mode ? $0.value : nil }
        if let mode = modes.last, mode != SamplingMode.wall.rawValue {
            if names.contains(.threads) {
                throw .incompatible("--threads", "--mode=\(mode)", "--threads is --mode=wall.")
            }
            if names.contains(.dump) {
                throw .incompatible("-d", "--mode=\(mode)", "A dump shows all threads.")
            }
        }
        if let lowest = modes.min(), let highest = modes.max(), lowest != highest {
            throw .incompatible("--mode=\(lowest)", "--mode=\(highest)", "A profile has one mode.")
        }
    }
}

extension Options {
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
    func checkTop() throws(UsageError) {
        guard top else { return }
        if format.abilities.contains(.times) {
            throw .incompatible(
                "--top", "--format=\(format.name)", "What --top keeps are counts, without times.")
        }
    }
}
