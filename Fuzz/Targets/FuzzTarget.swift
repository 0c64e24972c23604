import FrameDecoding

/// Something that takes bytes from anywhere and must neither crash nor hang nor fill the memory: what it
/// answers does not matter here.
public struct FuzzTarget {
    public let name: String
    public let run: ([UInt8]) -> Void

    /// All that read what a target process or a stranger's file may hold.
    ///
    /// - Parameters:
    ///   - decoders: those of the program.
    ///   - parseOptions: its reading of a command line.
    public static func all(
        decoders: [DecoderModule], parseOptions: @escaping ([String]) -> Void
    ) -> [FuzzTarget] {
        [
            FuzzTarget(name: "elf", run: fuzzElf),
            FuzzTarget(name: "dwarf", run: fuzzDwarf),
            FuzzTarget(name: "image", run: fuzzImage),
            FuzzTarget(name: "maps", run: fuzzMaps),
            FuzzTarget(name: "proc", run: fuzzProc),
            FuzzTarget(name: "core", run: { fuzzCore($0, decoders) }),
            decoderTarget(decoders),
            objectTarget(decoders),
            FuzzTarget(name: "recording", run: { fuzzRecording($0, decoders) }),
            FuzzTarget(name: "profiles", run: fuzzProfiles),
            FuzzTarget(name: "options", run: { bytes in
                // Arguments are separated by NULs.
                let arguments = bytes.split(separator: 0, omittingEmptySubsequences: false)
                parseOptions(["pyflame"] + arguments.map { String(decoding: $0, as: UTF8.self) })
            }),
        ]
    }
}
