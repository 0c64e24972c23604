import FrameDecoding
import Recording

/// What `--replay FILE --probe` prints: what a recording contains, for whoever is about to send one.
struct RecordingText {
    let recording: Recording

    var text: String {
        let target = recording.target
        var lines = [
            "recording:   process \(target.pid), \(target.machine), by pyflame \(target.recorder)"
        ]
        lines += recording.notes.map { "note:        \($0)" }
        lines.append("interpreter: Python \(target.version) (\(target.versionOrigin)) in \(target.path)")
        lines.append("load bias:   0x\(String(target.loadBias, radix: 16))")
        for (name, address) in recording.symbols.sorted(by: { $0.key < $1.key }) {
            lines.append("  symbol:    \(name) at 0x\(String(address, radix: 16))")
        }
        lines.append("decoder:     \(target.decoder)")
        lines.append("layout:      \(target.layoutOrigin)")
        if recording.structs.areKnown {
            lines.append("structs:     \(recording.structs.count) offsets and sizes from its DWARF")
        }
        lines.append(
            "memory:      \(recording.memory.bytes.count) bytes in \(recording.memory.ranges.count) ranges")
        lines.append("threads:     \(recording.stacks.count), frames: \(frames(recording.stacks))")
        lines += recording.stacks.map { thread in
            let label = thread.label.isEmpty ? "" : ", \(thread.label)"
            let holder = thread.isHolder ? ", holds the GIL" : ""
            return "  thread:    \(thread.id)\(label), frames: \(thread.frames.count)\(holder)"
        }
        lines.append(
            recording.truth.map { "true stacks: \($0.count) threads, frames: \(frames($0))" }
                ?? "true stacks: none: the program did not say what it had")
        lines.append("texts:       \(texts.count), all of them names and files of the functions in the stacks:")
        lines += texts.sorted().map { "  \($0)" }
        return lines.map { sanitised($0, isSentence: true) + "\n" }.joined()
    }

    private func frames(_ threads: [RecordedThread]) -> Int { threads.reduce(0) { $0 + $1.frames.count } }

    private var texts: Set<String> {
        var texts: Set<String> = []
        for thread in recording.stacks + (recording.truth ?? []) {
            for frame in thread.frames { texts.formUnion([frame.file, frame.name]) }
        }
        return texts
    }
}
