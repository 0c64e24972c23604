import FrameDecoding
import TargetMemory

/// Decodes a recording again.
public enum Replay {
    /// The stacks in `recording`, as one of `modules` reads them today. `memory` is the recording's, or
    /// a damaged copy of it.
    public static func run(
        _ recording: Recording, modules: [DecoderModule], memory: any MemorySource
    ) throws(RecordingError) -> [RecordedThread] {
        let frames = FrameTable()
        let reader = Memory(source: memory)
        let decoder = try decoder(of: recording, modules: modules, memory: reader, frames: frames)
        return try stacks(decoder, frames, in: reader).map { thread in
            var thread = thread
            // What no decoder knows: it comes from the kernel.
            if let known = recording.stacks.first(where: { $0.address == thread.address }) {
                thread.tid = known.tid
                thread.label = known.label
            }
            return thread
        }
    }

    public static func run(
        _ recording: Recording, modules: [DecoderModule]
    ) throws(RecordingError) -> [RecordedThread] {
        try run(recording, modules: modules, memory: RecordedMemory(recording.memory))
    }

    /// The decoder that reads `recording`; with the layout that was used or, if it has it, another one.
    public static func decoder(
        of recording: Recording, modules: [DecoderModule], layout: LayoutSource? = nil,
        memory: Memory, frames: FrameTable
    ) throws(RecordingError) -> any FrameDecoder {
        let target = recording.target
        guard let module = modules.first(where: { $0.name == target.decoder }) else {
            throw RecordingError("this pyflame has no decoder \(target.decoder)")
        }
        return try decoder(
            RecordedSite(recording), module, layout ?? target.layoutSource, memory, frames)
    }

    /// In what two decodings of the same threads differ, for people; nil when in nothing.
    public static func difference(_ now: [RecordedThread], _ before: [RecordedThread]) -> String? {
        guard now.map(\.id) == before.map(\.id) else {
            return "\(now.count) threads were decoded, \(before.count) were recorded, or they are others"
        }
        for (new, old) in zip(now, before) {
            if new.isHolder != old.isHolder {
                return "thread \(new.id) \(new.isHolder ? "holds" : "does not hold") the GIL"
            }
            if let difference = difference(of: new, old) { return difference }
        }
        return nil
    }

    /// In what stacks differ from the true ones. Threads that the truth does not name do not count; id 0
    /// is any thread.
    public static func differenceFromTruth(
        _ now: [RecordedThread], _ truth: [RecordedThread]
    ) -> String? {
        for own in truth {
            // A thread has a state in each sub-interpreter that it was in.
            let mine = own.id == 0 ? now : now.filter { $0.id == own.id }
            guard let last = mine.last(where: { !$0.frames.isEmpty }) ?? mine.last else {
                return "thread \(own.id) was not decoded"
            }
            let expected = own.frames.map(shown)
            if mine.contains(where: { $0.frames.map(shown) == expected }) { continue }
            var shownOnly = last
            shownOnly.frames = last.frames.map(shown)
            return difference(of: shownOnly, own)
        }
        return nil
    }

    /// What a traceback shows of a frame.
    private static func shown(_ frame: Frame) -> Frame {
        Frame(file: frame.file, name: frame.name, line: frame.line)
    }

    private static func difference(of new: RecordedThread, _ old: RecordedThread) -> String? {
        guard new.frames != old.frames else { return nil }
        let place = zip(new.frames, old.frames).enumerated().first { $1.0 != $1.1 }?.offset
            ?? min(new.frames.count, old.frames.count)
        func text(_ frames: [Frame]) -> String {
            guard place < frames.count else { return "nothing" }
            let frame = frames[place]
            let first = frame.firstLine == 0 ? "" : " (of a function that begins at \(frame.firstLine))"
            return "\(frame.file):\(frame.name):\(frame.line)\(first)"
        }
        let name = old.label.isEmpty ? "" : " (\(old.label))"
        return "thread \(new.id)\(name), frame \(place) from the leaf: "
            + "\(text(new.frames)) now, \(text(old.frames)) then"
    }

    /// - Parameters:
    ///   - fixed: where the decoder looks at what never changes, when it is made.
    ///   - moment: where it reads the stacks.
    static func decode(
        site: any InterpreterSite, module: DecoderModule, layout: LayoutSource, fixed: Memory,
        moment: Memory
    ) throws(RecordingError) -> [RecordedThread] {
        let frames = FrameTable()
        return try stacks(try decoder(site, module, layout, fixed, frames), frames, in: moment)
    }

    private static func stacks(
        _ decoder: any FrameDecoder, _ frames: FrameTable, in moment: Memory
    ) throws(RecordingError) -> [RecordedThread] {
        do throws(DecodeError) {
            let holders = try decoder.lockState(in: moment).holders
            var stacks: [RecordedThread] = []
            for thread in try decoder.threads(in: moment) {
                var stack: [FrameID] = []
                try decoder.stack(of: thread, in: moment, into: &stack)
                stacks.append(
                    RecordedThread(
                        id: thread.threadID, address: thread.address,
                        isHolder: holders.contains { $0.address == thread.address }, tid: nil,
                        label: "", frames: stack.map { frames[$0] }))
            }
            return stacks
        } catch {
            throw RecordingError("its memory does not decode: \(error.explanation)")
        }
    }

    private static func decoder(
        _ site: any InterpreterSite, _ module: DecoderModule, _ layout: LayoutSource,
        _ memory: Memory, _ frames: FrameTable
    ) throws(RecordingError) -> any FrameDecoder {
        switch module.claim(site, memory, frames) {
        case .notMine: throw RecordingError("\(module.name) does not read Python \(site.version)")
        case .unsupported(let reason): throw RecordingError("\(module.name) cannot read it: \(reason)")
        case .reads(let choices):
            guard let choice = choices.first(where: { $0.source == layout }) else {
                throw RecordingError("\(module.name) has no layout \(layout.rawValue)")
            }
            do {
                return try choice.makeDecoder()
            } catch {
                throw RecordingError("\(choice.description): \(error)")
            }
        }
    }
}
