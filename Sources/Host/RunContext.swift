import Attach
import FrameDecoding
import Output

/// What every kind of run needs.
struct RunContext {
    let options: Options
    let decoders: [DecoderModule]
    let output: OutputFile

    /// What detection may use, and what the options ask of it.
    var detection: DetectionSettings {
        DetectionSettings(decoders: decoders, forcedABI: options.abi, layout: options.layout, warn: complain)
    }

    /// What is asked of a tree of processes.
    var tree: ProcessTree.Settings {
        ProcessTree.Settings(detection: detection, sampling: options.sampling, interval: options.interval)
    }
}
