import FrameDecoding
import TargetMemory

/// Makes a recording of what a sample was decoded from.
public struct Recorder {
    public let site: any InterpreterSite
    public let module: DecoderModule
    /// Which of the module's layouts reads the site.
    public let layoutSource: LayoutSource
    public let target: RecordedTarget

    /// - Parameter target: what is known of the target; it says which layout is to be used.
    public init(site: any InterpreterSite, module: DecoderModule, target: RecordedTarget) {
        self.site = site
        self.module = module
        self.target = target
        layoutSource = target.layoutSource
    }

    /// Decodes the snapshot once more, with a decoder that knows nothing yet, and keeps what that one
    /// asks for.
    ///
    /// - Parameters:
    ///   - live: the target: what stands at fixed places and never changes is read from it.
    ///   - snapshot: what the sample was decoded from.
    ///   - sample: the threads, as the sampler has them.
    public func record(
        live: any MemorySource, snapshot: any MemorySource, sample: [ThreadSample], frames: FrameTable
    ) throws(RecordingError) -> Recording {
        let noted = NotedSite(site)
        let fixed = Memory(source: live)
        let moment = Memory(source: snapshot)
        let decoded = try Replay.decode(
            site: noted, module: module, layout: layoutSource, fixed: fixed, moment: moment)
        // What another decoder, or another layout of this one, would want to know.
        for symbol in module.symbols { _ = noted.address(of: symbol) }
        noteDWARF(noted, fixed)
        guard let constants = RecordedRanges(fixed.asked, from: live),
            let changing = RecordedRanges(moment.asked, from: snapshot),
            let memory = RecordedRanges(changing, over: constants)
        else { throw RecordingError("what was decoded cannot be read again, or is too much") }
        let stacks = sample.map { thread in
            RecordedThread(
                id: thread.thread.threadID, address: thread.thread.address, isHolder: thread.isHolder,
                tid: thread.tid, label: thread.name ?? "", frames: thread.frames.map { frames[$0] })
        }
        guard Replay.difference(decoded, stacks) == nil else {
            throw RecordingError("the target changed while it was recorded")
        }
        return Recording(
            target: target, symbols: noted.symbols, structs: noted.recordedStructs, memory: memory,
            stacks: stacks)
    }

    /// Asks debug information, if there is any, even if it was not needed.
    private func noteDWARF(_ noted: NotedSite, _ memory: Memory) {
        guard case .reads(let choices) = module.claim(noted, memory, FrameTable()) else { return }
        for choice in choices where choice.source == .dwarf { _ = try? choice.makeDecoder() }
    }
}
