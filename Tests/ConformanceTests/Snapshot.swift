import Foundation
import FrameDecoding
import Recording
import StandardDecoders
import TargetMemory
import TestSupport


/// A recorded target in fixtures/snapshots.
struct Snapshot: CustomStringConvertible, Sendable {
    let name: String
    let recording: Recording
    let size: Int

    var description: String { name }

    /// All of them, by name. An unreadable one is no snapshot: `SnapshotTests.all` tells.
    static let all: [Snapshot] = names.compactMap { try? Snapshot($0) }

    static let folder = projectRoot.appendingPathComponent("fixtures/snapshots")
    static let names: [String] = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
        .filter { $0.hasSuffix(".recording") }.sorted()

    init(_ name: String) throws {
        let data = try Data(contentsOf: Self.folder.appendingPathComponent(name))
        self.name = String(name.dropLast(".recording".count))
        size = data.count
        recording = try Recording([UInt8](data))
    }
}

/// Memory of a recording that notes what is asked of it, and may have more than was recorded.
final class WatchedMemory: ResidentSource {
    let recorded: RecordedMemory
    /// What was asked for since the last time this was emptied; only while `isWatching`.
    var asked: [AddressRange] = []
    var isWatching = true
    /// Asked first: bytes that were never recorded.
    var invention: ((Address, Int) -> UnsafeRawPointer?)?

    init(_ recording: Recording) { recorded = RecordedMemory(recording.memory) }

    var systemCalls: Int { recorded.reads }

    func resident(_ address: Address, _ count: Int) -> UnsafeRawPointer? {
        if isWatching { asked.append(AddressRange(start: address, count: count)) }
        return invention?(address, count) ?? recorded.resident(address, count)
    }

    func read(_ ranges: UnsafeBufferPointer<AddressRange>, into buffer: UnsafeMutableRawPointer) -> Int {
        recorded.read(ranges, into: buffer)
    }
}

/// A decoder at work on a recording, one thread at a time.
struct Bench {
    let memory: WatchedMemory
    let recording: Recording

    init(_ recording: Recording) {
        self.recording = recording
        memory = WatchedMemory(recording)
    }

    enum Outcome: Equatable {
        case error
        case stack([Frame])
        case threads([UInt64])
    }

    /// Everything that begins with the lists of interpreters and threads and the lock.
    func threads() -> (Outcome, [ThreadState]) {
        let frames = FrameTable()
        let reader = Memory(source: memory)
        do {
            let decoder = try Replay.decoder(
                of: recording, modules: standardDecoders, memory: reader, frames: frames)
            let holders = try decoder.lockState(in: reader).holders
            let threads = try decoder.threads(in: reader)
            return (.threads(threads.map(\.threadID) + holders.map(\.threadID)), threads)
        } catch {
            return (.error, [])
        }
    }

    /// The stack of one thread, read by a decoder that has never read anything.
    func stack(of thread: ThreadState, _ decoder: any FrameDecoder, _ frames: FrameTable) -> Outcome {
        let reader = Memory(source: memory)
        do {
            var stack: [FrameID] = []
            try decoder.stack(of: thread, in: reader, into: &stack)
            return .stack(stack.map { frames[$0] })
        } catch {
            return .error
        }
    }

    func decoder() throws -> (any FrameDecoder, FrameTable) {
        let frames = FrameTable()
        return (
            try Replay.decoder(
                of: recording, modules: standardDecoders, memory: Memory(source: memory), frames: frames),
            frames
        )
    }
}
