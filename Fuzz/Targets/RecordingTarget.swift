import FrameDecoding

@testable import Recording

private let tags = ["TARG", "SYMS", "DWRF", "RNGS", "STCK", "TRUE", "NOTE"]
/// More threads than this are not decoded again; a recording may have thousands, and the decoders have a target of their own.
private let mostThreads = 8

/// A recording's file. An even first byte: as it stands. An odd one: its sections unpacked (which of them, the size
/// in two bytes, and the content), so that checksums do not hide what is behind them.
func fuzzRecording(_ bytes: [UInt8], _ decoders: [DecoderModule]) {
    guard let first = bytes.first else { return }
    let recording: Recording
    if first & 1 == 0 {
        guard let read = try? Recording(Array(bytes.dropFirst())) else { return }
        recording = read
    } else {
        guard let read = try? Recording(sections(bytes.dropFirst())) else { return }
        recording = read
    }
    // What was understood can be written, and is understood again.
    let again = try? Recording(recording.sections)
    precondition(again?.memory == recording.memory && again?.stacks == recording.stacks)
    guard recording.stacks.count <= mostThreads else { return }
    if let now = try? Replay.run(recording, modules: decoders) {
        _ = Replay.difference(now, recording.stacks)
        if let truth = recording.truth { _ = Replay.differenceFromTruth(now, truth) }
    }
}

private func sections(_ bytes: ArraySlice<UInt8>) -> [Sections.Section] {
    var sections: [Sections.Section] = []
    var rest = bytes
    while rest.count >= 3 {
        let head = Array(rest.prefix(3))
        let content = rest.dropFirst(3).prefix(Int(head[1]) << 8 | Int(head[2]))
        sections.append(Sections.Section(tag: tags[Int(head[0]) % tags.count], content: Array(content)))
        rest = rest.dropFirst(3 + content.count)
    }
    return sections
}
