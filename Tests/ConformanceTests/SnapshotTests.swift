import Foundation
import FrameDecoding
import Recording
import StandardDecoders
import TargetMemory
import Testing
import TestSupport


/// Every decoder on recorded targets: no interpreter is needed.
struct SnapshotTests {
    /// One for each version that pyflame says it reads, debug and free-threaded builds, embedded Python,
    /// many threads; each with its true stacks.
    @Test func all() throws {
        #expect(Snapshot.all.count == Snapshot.names.count, "some recording cannot be read")
        let recorded = Set(Snapshot.all.map(\.recording.target.version.abi))
        for module in standardDecoders {
            for abi in module.abis {
                #expect(recorded.contains(abi), "there is no snapshot of Python \(abi.dotted): scripts/record-snapshots")
            }
        }
        for kind in ["debug", "freethreaded", "uwsgi", "many-threads"] {
            #expect(Snapshot.names.contains { $0.contains(kind) }, "there is no snapshot of kind \(kind)")
        }
        print("SNAPSHOTS\tbytes\tversion\tdecoder\tlayout\tthreads\tframes\ttrue threads")
        for snapshot in Snapshot.all {
            let recording = snapshot.recording
            #expect(snapshot.size < 200_000)
            print(
                "\(snapshot)\t\(snapshot.size)\t\(recording.target.version)\t\(recording.target.decoder)\t"
                    + "\(recording.target.layoutOrigin)\t\(recording.stacks.count)\t"
                    + "\(recording.stacks.reduce(0) { $0 + $1.frames.count })\t\(recording.truth?.count ?? 0)")
        }
    }

    @Test(arguments: Snapshot.all)
    func trueStacks(_ snapshot: Snapshot) throws {
        let stacks = try Replay.run(snapshot.recording, modules: standardDecoders)
        #expect(Replay.difference(stacks, snapshot.recording.stacks) == nil)
        let truth = try #require(snapshot.recording.truth)
        #expect(truth.count >= 3 && truth.allSatisfy { !$0.frames.isEmpty })
        if let difference = Replay.differenceFromTruth(stacks, truth) {
            Issue.record("\(snapshot): \(difference)")
        }
    }

    /// The true stacks do not pass by chance: with another frame in any thread they do not.
    @Test(arguments: Snapshot.all)
    func untrueStacks(_ snapshot: Snapshot) throws {
        let truth = try #require(snapshot.recording.truth)
        for index in stride(from: 0, to: truth.count, by: max(truth.count / 3, 1)) {
            var changed = truth
            changed[index].frames[truth[index].frames.count / 2].name += "?"
            #expect(Replay.differenceFromTruth(snapshot.recording.stacks, changed) != nil)
        }
    }

    /// Table, debug offsets and DWARF are of one opinion, wherever the recorded build had more than one.
    @Test(arguments: Snapshot.all)
    func layoutsAgree(_ snapshot: Snapshot) throws {
        let bench = Bench(snapshot.recording)
        var read: [LayoutSource] = []
        // Up to 3.7 the objects of a debug build begin with two more words, which no table knows.
        let isOtherwise = snapshot.name.contains("debug") && snapshot.recording.target.version < PythonVersion(3, 8)
        for layout in LayoutSource.allCases where !(isOtherwise && layout == .table) {
            let frames = FrameTable()
            let reader = Memory(source: bench.memory)
            guard
                let decoder = try? Replay.decoder(
                    of: snapshot.recording, modules: standardDecoders, layout: layout, memory: reader, frames: frames)
            else { continue }
            for (thread, recorded) in zip(try decoder.threads(in: reader), snapshot.recording.stacks) {
                var stack: [FrameID] = []
                try decoder.stack(of: thread, in: reader, into: &stack)
                #expect(stack.map { frames[$0] } == recorded.frames, "\(layout) \(thread.threadID)")
            }
            let holders = try decoder.lockState(in: reader).holders.map(\.address)
            #expect(holders == snapshot.recording.stacks.filter(\.isHolder).map(\.address), "\(layout)")
            read.append(layout)
        }
        #expect(read.contains(snapshot.recording.target.layoutSource))
        #expect(!snapshot.recording.structs.areKnown || read.contains(.dwarf))
        print("LAYOUTS AGREE\t\(snapshot)\t\(read.map(\.rawValue).joined(separator: ", "))")
    }
}
