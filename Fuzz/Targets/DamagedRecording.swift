import FrameDecoding
import Foundation
import TargetMemory

@testable import Recording

/// A recording that is read again and again, damaged in a different way each time.
///
/// What makes a run short: the recording is unpacked once, its memory put back afterwards rather than copied,
/// and one thread is decoded, with damages in those words only that this thread's decoding reads.
final class DamagedRecording {
    let recording: Recording
    private let memory: RecordedMemory
    /// By thread, the addresses of the words that decoding it reads, once they are known.
    private var words: [Int: [Address]] = [:]
    private let body: (Reading) -> Void

    /// One reading of one thread.
    struct Reading {
        let recording: Recording
        let memory: Memory
        /// Which of the recorded threads.
        let thread: Int
        /// Damages more of the memory: what a decoder knows may then be true no longer.
        let damageMore: () -> Void
    }

    /// `body` decodes a thread, and must not fail where nothing is damaged.
    private init(_ recording: Recording, reading body: @escaping (Reading) -> Void) {
        self.recording = recording
        memory = RecordedMemory(recording.memory)
        self.body = body
    }

    private func words(of thread: Int) -> [Address] {
        if let known = words[thread] { return known }
        let traced = TracedSource(memory)
        body(Reading(recording: recording, memory: Memory(source: traced), thread: thread, damageMore: {}))
        words[thread] = traced.words
        return traced.words
    }

    /// The files of all recordings in a folder of fixtures, or in that which an environment variable names.
    static func files(in folder: String, or variable: String) -> [String] {
        let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("fixtures")
        let path = ProcessInfo.processInfo.environment[variable] ?? fixtures.appendingPathComponent(folder).path
        let files = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
        return files.map { "\(path)/\($0)" }
    }

    /// Nil when the file is no recording.
    convenience init?(_ path: String, reading body: @escaping (Reading) -> Void) {
        guard let bytes = FileManager.default.contents(atPath: path), let recording = try? Recording(Array(bytes))
        else { return nil }
        self.init(recording, reading: body)
    }

    /// How many edits an input may have: more only take longer.
    private static let mostEdits = 64
    private static let editSize = 6

    /// The first byte chooses a thread. Then come edits, six bytes each: which word (two bytes), what is done with
    /// it, and with what (three bytes). An edit whose third byte has its top bit set, and all that follow, are
    /// made after a first reading.
    func read(_ bytes: ArraySlice<UInt8>) {
        guard let first = bytes.first, !recording.stacks.isEmpty else { return }
        let thread = Int(first) % recording.stacks.count
        let places = words(of: thread)
        guard !places.isEmpty else { return }
        var edits = bytes.dropFirst().prefix(Self.mostEdits * Self.editSize)
        var undo: [(Address, UInt64)] = []
        func damage(upToMark: Bool) {
            while edits.count >= Self.editSize {
                let edit = Array(edits.prefix(Self.editSize))
                if upToMark, edit[2] & 0x80 != 0 { return }
                edits = edits.dropFirst(Self.editSize)
                let word = places[(Int(edit[0]) << 8 | Int(edit[1])) % places.count]
                guard let old = memory.resident(word, 8)?.loadUnaligned(as: UInt64.self) else { continue }
                undo.append((word, old))
                _ = memory.overwrite(word, with: Self.value(edit, at: word, old, places))
            }
        }
        damage(upToMark: true)
        body(
            Reading(
                recording: recording, memory: Memory(source: ExactSource(memory)), thread: thread,
                damageMore: { damage(upToMark: false) }))
        for (word, old) in undo.reversed() { _ = memory.overwrite(word, with: old) }
    }

    private static func value(_ edit: [UInt8], at word: Address, _ old: UInt64, _ places: [Address]) -> UInt64 {
        let operand = UInt64(edit[3]) << 16 | UInt64(edit[4]) << 8 | UInt64(edit[5])
        return switch edit[2] & 7 {
        case 0: places[Int(operand) % places.count]  // a pointer to somewhere else
        case 1: operand  // a small number
        case 2: UInt64.max &- operand  // a negative or huge one
        case 3: 1 << (operand % 64)
        case 4: word &+ operand % 64 &- 32  // to itself, about
        case 5: old ^ 1 << (operand % 64)
        case 6: old & ~0xffff | operand & 0xffff  // a small number in a part of the word
        default: operand << 40 | operand
        }
    }
}

/// Hands on what it is asked for and notes the words.
private final class TracedSource: ResidentSource {
    private let source: RecordedMemory
    private var asked: Set<Address> = []
    var systemCalls: Int { source.systemCalls }

    init(_ source: RecordedMemory) { self.source = source }

    /// Those that are there as a whole.
    var words: [Address] { asked.filter { source.resident($0, 8) != nil }.sorted() }

    func resident(_ address: Address, _ count: Int) -> UnsafeRawPointer? {
        let bytes = source.resident(address, count)
        if bytes != nil {
            for offset in stride(from: 0, to: count, by: 8) { asked.insert(address &+ Address(offset)) }
        }
        return bytes
    }

    func read(_ ranges: UnsafeBufferPointer<AddressRange>, into buffer: UnsafeMutableRawPointer) -> Int {
        source.read(ranges, into: buffer)
    }
}

/// Hands out copies of just the bytes that are asked for, so that the address sanitizer sees what reads beyond them.
private final class ExactSource: ResidentSource {
    private let source: RecordedMemory
    private var copies: [UnsafeMutableRawPointer] = []
    var systemCalls: Int { source.systemCalls }

    init(_ source: RecordedMemory) { self.source = source }

    deinit { for copy in copies { copy.deallocate() } }

    func resident(_ address: Address, _ count: Int) -> UnsafeRawPointer? {
        guard let bytes = source.resident(address, count) else { return nil }
        let copy = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 1)
        copy.copyMemory(from: bytes, byteCount: count)
        copies.append(copy)
        return UnsafeRawPointer(copy)
    }

    func read(_ ranges: UnsafeBufferPointer<AddressRange>, into buffer: UnsafeMutableRawPointer) -> Int {
        source.read(ranges, into: buffer)
    }
}
