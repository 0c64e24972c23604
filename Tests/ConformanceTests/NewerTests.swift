import FrameDecoding
import Recording
import StandardDecoders
import TargetMemory
import Testing


/// A CPython that nobody has seen yet: a recording of the newest one that says it is newer.
struct NewerTests {
    private static let newest = Snapshot.all.filter { $0.recording.target.version.abi == standardDecoders.supportedABIs.last }

    /// The recording with its version changed, in what was detected and in `_Py_DebugOffsets`.
    private func newer(_ snapshot: Snapshot) throws -> (Recording, RecordedMemory) {
        var recording = snapshot.recording
        recording.target.version.minor += 1
        let memory = RecordedMemory(recording.memory)
        let runtime = try #require(recording.symbols["_PyRuntime"])
        let version = recording.target.version
        let hex = UInt64(version.major << 24 | version.minor << 16 | version.micro << 8 | 0xf0)
        #expect(memory.overwrite(runtime + 8, with: hex))
        return (recording, memory)
    }

    @Test func thereAreSome() { #expect(!Self.newest.isEmpty) }

    /// With debug offsets of the same shape it is read by these, and they are named as its own.
    @Test(arguments: newest)
    func ownOffsets(_ snapshot: Snapshot) throws {
        let (recording, memory) = try newer(snapshot)
        let stacks = try Replay.run(recording, modules: standardDecoders, memory: memory)
        #expect(Replay.difference(stacks, recording.stacks) == nil)
        let decoder = try Replay.decoder(
            of: recording, modules: standardDecoders, memory: Memory(source: memory), frames: FrameTable())
        #expect(decoder.layoutOrigin == "_Py_DebugOffsets \(recording.target.version)")
    }

    /// With debug offsets that make no sense, DWARF alone will do.
    @Test(arguments: newest.filter(\.recording.structs.areKnown))
    func dwarfAlone(_ snapshot: Snapshot) throws {
        let (recording, memory) = try newer(snapshot)
        #expect(memory.overwrite(try #require(recording.symbols["_PyRuntime"]), with: 0x7878_7878_7878_7878))
        #expect(throws: RecordingError.self) {
            try Replay.run(recording, modules: standardDecoders, memory: memory)
        }
        var byDWARF = recording
        byDWARF.target.layoutSource = .dwarf
        let stacks = try Replay.run(byDWARF, modules: standardDecoders, memory: memory)
        #expect(Replay.difference(stacks, recording.stacks) == nil)
    }
}
