import FrameDecoding
import Foundation
import TargetMemory

@testable import Recording

/// A recording that is damaged, and the addresses of all whole words of its memory.
private struct Subject {
    let recording: Recording
    let words: [Address]

    init(_ recording: Recording) {
        self.recording = recording
        words = recording.memory.ranges.filter { $0.count >= 8 }.flatMap { range in
            stride(from: 0, through: range.count - 8, by: 8).map { range.start &+ Address($0) }
        }
    }
}

/// Those of the project, or of a folder that is named.
private let subjects: [Subject] = {
    let folder = ProcessInfo.processInfo.environment["PYFLAME_SNAPSHOTS"]
        ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("fixtures/snapshots").path
    let files = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    return files.compactMap { name in
        FileManager.default.contents(atPath: "\(folder)/\(name)").flatMap { try? Recording(Array($0)) }
            .map(Subject.init)
    }
}()

/// The first byte chooses a recording. Then come edits of its memory, six bytes each: which word (two
/// bytes), what is done with it, and with what (three bytes).
func fuzzDecoders(_ bytes: [UInt8], _ decoders: [DecoderModule]) {
    guard let first = bytes.first, !subjects.isEmpty else { return }
    let subject = subjects[Int(first) % subjects.count]
    let (recording, words) = (subject.recording, subject.words)
    let memory = RecordedMemory(recording.memory)
    guard !words.isEmpty else { return }
    for at in stride(from: 1, through: bytes.count - 6, by: 6) {
        let word = words[(Int(bytes[at]) << 8 | Int(bytes[at + 1])) % words.count]
        let operand = UInt64(bytes[at + 3]) << 16 | UInt64(bytes[at + 4]) << 8 | UInt64(bytes[at + 5])
        let value: UInt64 =
            switch bytes[at + 2] % 6 {
            case 0: words[Int(operand) % words.count]  // a pointer to somewhere else
            case 1: operand  // a small number
            case 2: UInt64.max &- operand  // a negative or huge one
            case 3: 1 << (operand % 64)
            case 4: word &+ operand % 64 &- 32  // to itself, about
            default: operand << 40 | operand
            }
        _ = memory.overwrite(word, with: value)
    }
    _ = try? Replay.run(recording, modules: decoders, memory: memory)
}

private let tags = ["TARG", "SYMS", "DWRF", "RNGS", "STCK", "TRUE", "NOTE"]

/// A recording's file. An even first byte: as it stands. An odd one: sections before they are packed (which of
/// them, their size in two bytes, and their bytes), so that the checksums do not hide what is behind them.
func fuzzRecording(_ bytes: [UInt8], _ decoders: [DecoderModule]) {
    guard let first = bytes.first else { return }
    var file: [UInt8]
    if first & 1 == 0 {
        file = Array(bytes.dropFirst())
    } else {
        file = Sections.head()
        var rest = bytes.dropFirst()
        while rest.count >= 3 {
            let head = Array(rest.prefix(3))
            let content = rest.dropFirst(3).prefix(Int(head[1]) << 8 | Int(head[2]))
            guard let packed = try? Sections.pack(
                Sections.Section(tag: tags[Int(head[0]) % tags.count], content: Array(content)))
            else { return }
            file += packed
            rest = rest.dropFirst(3 + content.count)
        }
    }
    guard let recording = try? Recording(file) else { return }
    _ = try? Replay.run(recording, modules: decoders)
    _ = try? recording.encoded()
}
