import FrameDecoding

/// What detection may use, and what the user asks of it.
package struct DetectionSettings {
    /// The decoders to ask, in this order.
    package var decoders: [DecoderModule]
    /// `--abi`: take the interpreter for this version.
    package var forcedABI: ABI?
    /// `--layout`; nil leaves the choice to the decoder.
    package var layout: LayoutSource?
    /// Where to say what the user should know although detection goes on.
    package var warn: (String) -> Void

    package init(
        decoders: [DecoderModule], forcedABI: ABI? = nil, layout: LayoutSource? = nil,
        warn: @escaping (String) -> Void = { _ in }
    ) {
        self.decoders = decoders
        self.forcedABI = forcedABI
        self.layout = layout
        self.warn = warn
    }
}
