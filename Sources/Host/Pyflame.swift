import FrameDecoding
import Glibc

/// The program, for an executable of one's own: `Pyflame.main(decoders: standardDecoders + [mine])`.
public enum Pyflame {
    /// Does what the command line asks for and ends the process.
    ///
    /// Decoders are asked in the order of `decoders`; the first one that reads the target is taken.
    public static func main(decoders: [DecoderModule]) -> Never {
        exit(Program(arguments: Array(CommandLine.arguments.dropFirst()), decoders: decoders).run())
    }
}
