import Attach
import FrameDecoding
import Glibc
import Output
import Recording
import Sampler
import TargetMemory

/// `--record`: one sample of all threads of a running process, with all that it was decoded from.
final class RecordRun {
    private let pid: pid_t
    private let context: RunContext

    /// A target that moves on under the recorder's hands is tried this often.
    private static let mostAttempts = 10

    init(pid: pid_t, context: RunContext) {
        self.pid = pid
        self.context = context
    }

    func run() throws {
        try refuseUnfitTarget(pid)
        SignalDisposition.hearChildren()
        let recording = try tracing { [self] in try record() }
        try context.output.profile.write(recording)
        try context.output.commit()
    }

    private func record() throws -> [UInt8] {
        let live = LiveProcess(pid: pid)
        let frames = FrameTable()
        let detection = try Detector(pid: pid, source: live, frames: frames, settings: context.detection).detect()
        let decoder: any FrameDecoder
        do {
            // One that has not read anything yet: all that it knows of code objects is in the snapshot then.
            decoder = try detection.layout.makeDecoder()
        } catch {
            throw Failure(explanation: "Failed to record process \(pid): \(error)")
        }
        let tracees = Tracees()
        let snapshot = Snapshot(of: live)
        let sampler = try detection.makeSampler(
            reading: snapshot, with: decoder, tracees: tracees, options: Sampler.Options(mode: .wall), means: .stops)
        let recorder = Recorder(
            site: detection.site, module: detection.module, target: target(detection))
        var problem = "its state changed during each of several attempts. Try again"
        for _ in 0..<Self.mostAttempts where !sampler.isTargetGone {
            guard case .stacks(let threads) = sampler.sample().outcome else { continue }
            do throws(RecordingError) {
                return try recorder.record(
                    live: live, snapshot: snapshot.kept, sample: threads, frames: frames
                ).encoded()
            } catch {
                problem = error.explanation
            }
        }
        if sampler.isTargetGone { problem = "it has just ended or become another program" }
        throw Failure(explanation: "Failed to record process \(pid): \(problem)")
    }

    private func target(_ detection: Detection) -> RecordedTarget {
        RecordedTarget(
            recorder: pyflameVersion, machine: machine().architecture, pid: pid,
            version: detection.site.version, versionOrigin: detection.site.versionOrigin,
            path: detection.site.path, loadBias: detection.site.loadBias,
            decoder: detection.module.name, layoutSource: detection.layout.source,
            layoutOrigin: detection.decoder.layoutOrigin)
    }
}
