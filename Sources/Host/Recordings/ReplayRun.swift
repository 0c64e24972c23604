import Formats
import FrameDecoding
import Output
import Profiles
import Recording
import System
import TargetMemory

/// `--replay`: decodes a recording again; no process is looked at.
struct ReplayRun {
    let path: String
    let context: RunContext
    private var options: Options { context.options }
    private var output: OutputFile { context.output }

    /// Larger files are not recordings: real ones have some tens of kilobytes.
    private static let largestFile = 256 << 20

    func run() throws {
        let recording = try load()
        if options.probe {
            try output.write(RecordingText(recording: recording).text)
            return try output.commit()
        }
        let stacks: [RecordedThread]
        do {
            stacks = try Replay.run(recording, modules: context.decoders)
        } catch {
            throw Failure(explanation: "Failed to replay \(name): \(error.explanation)")
        }
        try output.write(dump(stacks))
        try output.commit()
        if let difference = Replay.difference(stacks, recording.stacks) {
            throw Failure(
                explanation: "\(name) decodes to other stacks than pyflame \(recording.target.recorder) "
                    + "recorded: \(difference)")
        }
        if let truth = recording.truth, let difference = Replay.differenceFromTruth(stacks, truth) {
            throw Failure(
                explanation: "\(name) decodes to other stacks than the program itself had: \(difference)")
        }
    }

    private var name: String { sanitised(path, isSentence: true) }

    private func load() throws(Failure) -> Recording {
        guard let file = ProcFile.read(path, limit: Self.largestFile) else {
            throw Failure(explanation: "Failed to open recording \(name): \(lastError())")
        }
        do {
            return try Recording(file)
        } catch {
            throw Failure(explanation: "Failed to read recording \(name): \(error.explanation)")
        }
    }

    /// As `--dump` has it.
    private func dump(_ stacks: [RecordedThread]) -> String {
        let frames = FrameTable()
        let samples = stacks.map { stack in
            ThreadSample(
                thread: ThreadState(
                    address: stack.address, interpreter: 0, threadID: stack.id, nativeThreadID: nil),
                tid: stack.tid, name: stack.label.isEmpty ? nil : stack.label,
                isHolder: stack.isHolder, frames: stack.frames.map(frames.intern))
        }
        return dumpText(
            samples: samples,
            formatter: FrameFormatter(frames: frames, lineNumbers: options.lineNumbers))
    }
}
