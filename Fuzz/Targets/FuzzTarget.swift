/// Something that takes bytes from anywhere and must neither crash nor hang nor fill the memory: what it
/// answers does not matter here.
public struct FuzzTarget: Sendable {
    public let name: String
    public let run: @Sendable ([UInt8]) -> Void

    /// All that read what a target process or a stranger's file may hold.
    public static let all: [FuzzTarget] = [
        FuzzTarget(name: "elf", run: fuzzElf),
        FuzzTarget(name: "dwarf", run: fuzzDwarf),
        FuzzTarget(name: "image", run: fuzzImage),
        FuzzTarget(name: "maps", run: fuzzMaps),
        FuzzTarget(name: "decoders", run: fuzzDecoders),
        FuzzTarget(name: "recording", run: fuzzRecording),
        FuzzTarget(name: "options", run: fuzzOptions),
    ]
}
