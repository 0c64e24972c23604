import Attach
import Formats
import FrameDecoding
import Output
import Probe
import Profiles
import TargetMemory

/// `--core`: the stacks of a process that left a core dump.
struct CoreRun {
    let path: String
    let context: RunContext
    private var options: Options { context.options }
    private var output: OutputFile { context.output }

    func run() throws {
        let core: CoreFile
        do throws(CoreError) {
            core = try CoreFile(path, executable: options.executable)
        } catch {
            throw Failure(explanation: "Failed to read core dump \(path): \(error.explanation)")
        }
        let frames = FrameTable()
        let detector = Detector(
            core: core, frames: frames, settings: context.detection)
        let outcome: Result<Detection, DetectionFailure>
        do throws(DetectionFailure) {
            outcome = .success(try detector.detect(.dead))
        } catch {
            outcome = .failure(error)
        }
        if options.probe {
            try output.write(
                ProbeText(
                    pid: core.pid, core: core, detector: detector, symbols: context.decoders.wantedSymbols,
                    outcome: outcome
                ).text(core))
            return try output.commit()
        }
        let problems = core.problems.isEmpty
            ? "" : "\nOf its files, " + core.problems.joined(separator: "; ") + ". A copy can be named with --exe"
        guard case .success(let detection) = outcome else {
            guard case .failure(let failure) = outcome else { return }
            throw Failure(explanation: failure.explanation + problems)
        }
        try dump(detection.decoder, core, frames)
    }

    private func dump(_ decoder: any FrameDecoder, _ core: CoreFile, _ frames: FrameTable) throws {
        let memory = Memory(source: core)
        // A process that crashed in the middle of it may have left a lock that nobody holds for certain.
        let holders = (try? decoder.lockState(in: memory).holders.map(\.address)) ?? []
        var samples: [ThreadSample] = []
        var failures: [String] = []
        for thread in try decoder.threads(in: memory) {
            var stack: [FrameID] = []
            do throws(DecodeError) {
                try decoder.stack(of: thread, in: memory, into: &stack)
            } catch {
                failures.append("thread \(thread.threadID): its stack ends early: \(error.explanation)")
            }
            samples.append(
                ThreadSample(
                    thread: thread, tid: thread.nativeThreadID.map { Int32(truncatingIfNeeded: $0) }
                        ?? core.tid(ofThread: thread.threadID),
                    isHolder: holders.contains(thread.address), frames: stack))
        }
        try output.write(
            dumpText(
                samples: samples,
                formatter: FrameFormatter(frames: frames, lineNumbers: options.lineNumbers)))
        try output.commit()
        failures.forEach(complain)
    }
}
