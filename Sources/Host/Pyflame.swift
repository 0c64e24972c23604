import Formats
import FrameDecoding
import Glibc

/// The program, for an executable of one's own: `Pyflame.main(decoders: standardDecoders + [mine])`.
public enum Pyflame {
    /// Does what the command line asks for and ends the process.
    ///
    /// - Parameters:
    ///   - decoders: are asked in this order; the first one that reads the target is taken.
    ///   - formats: what profiles can be written in. Of two with one name or ending the first counts.
    public static func main(decoders: [DecoderModule], formats: [OutputFormat] = OutputFormat.standard) -> Never {
        let arguments = Array(CommandLine.arguments.dropFirst())
        exit(Program(arguments: arguments, decoders: decoders, formats: formats).run())
    }
}
