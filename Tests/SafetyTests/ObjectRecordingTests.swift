import Attach
import Foundation
import FrameDecoding
import StandardDecoders
import TargetMemory
import Testing
import TestSupport

@testable import Recording
@testable import Host

/// Recordings that have a program's objects besides its stacks (fixtures/objects): variables and names of threads
/// are read on machines that have none of the interpreters, and fuzzed (Fuzz/Targets).
struct ObjectRecordingTests {
    private static let folder = projectRoot.appendingPathComponent("fixtures/objects").path
    private static let files = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()

    /// What is read now is what was read of the live program, as the notes of the recording have it.
    @Test func values() throws {
        try #require(!Self.files.isEmpty)
        for file in Self.files {
            let recording = try Recording(Array(Data(contentsOf: URL(fileURLWithPath: "\(Self.folder)/\(file)"))))
            let memory = Memory(source: RecordedMemory(recording.memory))
            let decoder = try Replay.decoder(
                of: recording, modules: standardDecoders, memory: memory, frames: FrameTable())
            let found = try lines(decoder, memory)
            #expect(found == recording.notes, "\(file)")
            for text in ["first;thread", "zwölf", "nested = [(1,), [2, [3, [...]]]"] {
                #expect(found.contains { $0.contains(text) }, "\(file): \(text)")
            }
        }
    }

    /// Makes them: PYFLAME_RECORD_OBJECTS=1, of each version that there is an interpreter for.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["PYFLAME_RECORD_OBJECTS"] != nil))
    func record() throws {
        try FileManager.default.createDirectory(atPath: Self.folder, withIntermediateDirectories: true)
        // The stacks should not tell where the checkout was.
        let program = "/tmp/pyflame-objects.py"
        try? FileManager.default.removeItem(atPath: program)
        try FileManager.default.copyItem(atPath: fixture("objects.py"), toPath: program)
        defer { try? FileManager.default.removeItem(atPath: program) }
        var done: Set<String> = []
        for python in Interpreter.all where done.insert("\(python.minor) \(python.kind)").inserted {
            if python.kind == "debug", python.minor != "2.7" { continue }
            let child = try python.start([program])
            let recording = try record(child.pid)
            try Data(recording.encoded()).write(
                to: URL(fileURLWithPath: "\(Self.folder)/\(python.minor)-\(python.kind).recording"))
        }
    }

    private func record(_ pid: Int32) throws -> Recording {
        let live = LiveProcess(pid: pid)
        let frames = FrameTable()
        let detection = try Detector(
            pid: pid, source: live, frames: frames, settings: DetectionSettings(decoders: standardDecoders)).detect()
        let site = detection.site
        let decoder = try detection.layout.makeDecoder()
        let memory = Memory(source: live)
        let sample = try decoder.threads(in: memory).map { thread in
            var stack: [FrameID] = []
            try decoder.stack(of: thread, in: memory, into: &stack)
            return ThreadSample(thread: thread, isHolder: false, frames: stack)
        }
        var recording = try Recorder(
            site: site, module: detection.module,
            target: RecordedTarget(
                recorder: pyflameVersion, machine: machine().architecture, pid: pid, version: site.version,
                versionOrigin: site.versionOrigin, path: site.path, loadBias: site.loadBias,
                decoder: detection.module.name, layoutSource: detection.layout.source,
                layoutOrigin: detection.decoder.layoutOrigin)
        ).record(live: live, snapshot: live, sample: sample, frames: frames)
        let objects = Memory(source: live)
        recording.notes = try lines(decoder, objects)
        let added = try #require(RecordedRanges(objects.asked, from: live))
        recording.memory = try #require(RecordedRanges(added, over: recording.memory))
        return recording
    }

    /// Names of threads, and variables of all frames.
    private func lines(_ decoder: any FrameDecoder, _ memory: Memory) throws -> [String] {
        let program = try #require(decoder.program)
        let names = try program.threadNames(in: memory)
        return try decoder.threads(in: memory).flatMap { thread in
            let places = try decoder.places(of: thread, in: memory)
            let variables = program.variables(of: places, in: memory).flatMap { $0 }
            return ["thread \(names[thread.threadID] ?? "?")"] + variables.map { "\($0.name) = \($0.value)" }
        }
    }
}
