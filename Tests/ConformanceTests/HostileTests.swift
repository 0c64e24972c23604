import Foundation
import FrameDecoding
import Recording
import TargetMemory
import Testing


/// Every decoder on recorded memory in which one pointer is wrong: an error or a stack, within a bounded number of
/// reads; never a crash or a hang.
@Suite(.serialized) struct HostileTests {
    /// `PYFLAME_HOSTILE=full` damages every pointer; else every so many of them, always the same ones.
    private static let isFull = ProcessInfo.processInfo.environment["PYFLAME_HOSTILE"] == "full"
    private static let stride = isFull ? 1 : 61

    private struct Counts {
        var pointers = 0
        var runs = 0
        var errors = 0
        var shorter = 0
        var same = 0
        var other = 0
        var mostReads = 0
    }

    /// What a pointer is replaced with.
    private static func values(at place: Address) -> [UInt64] {
        [
            0, 0x5a5a_a5a5_1234_8765,  // null, garbage
            place, 0x7fff_ffff_f000,  // itself, unmapped
            .max, .max - 15,  // huge
        ]
    }

    @Test(arguments: Snapshot.all)
    func everyPointer(_ snapshot: Snapshot) throws {
        let bench = Bench(snapshot.recording)
        let (whole, threads) = bench.threads()
        try #require(whole != .error)
        // Who reads what: a damaged pointer only matters to those that read it.
        let listReads = bench.memory.asked
        var reads: [(thread: Int?, ranges: [AddressRange])] = [(nil, listReads)]
        var stacks: [Bench.Outcome] = []
        for (index, thread) in threads.enumerated() {
            let (decoder, frames) = try bench.decoder()
            bench.memory.asked = []
            stacks.append(bench.stack(of: thread, decoder, frames))
            reads.append((index, bench.memory.asked))
        }
        bench.memory.isWatching = false
        try #require(!stacks.contains(.error))

        var counts = Counts()
        var seen: Set<Address> = []
        var turn = 0
        for (thread, ranges) in reads {
            // However it is led astray, a decoder reads no more than a few times what the whole recording takes.
            let bound = reads.reduce(0) { $0 + $1.ranges.count } * 4 + 1000
            for place in pointers(in: ranges, snapshot.recording) where seen.insert(place).inserted {
                turn += 1
                guard turn % Self.stride == 0 else { continue }
                counts.pointers += 1
                let original = word(at: place, in: bench.memory.recorded)
                for value in Self.values(at: place) where value != original {
                    #expect(bench.memory.recorded.overwrite(place, with: value))
                    let before = bench.memory.recorded.reads
                    let (now, whole) = try outcome(bench, thread, threads, stacks, whole)
                    counts.runs += 1
                    counts.mostReads = max(counts.mostReads, bench.memory.recorded.reads - before)
                    try #require(bench.memory.recorded.reads - before <= bound, "0x\(String(place, radix: 16))")
                    classify(now, whole, &counts, "\(snapshot) 0x\(String(place, radix: 16)) = 0x\(String(value, radix: 16))")
                }
                #expect(bench.memory.recorded.overwrite(place, with: original))
            }
        }
        // It is as it was: what was damaged was all put back.
        #expect(bench.threads().0 == whole)
        #expect(counts.pointers > (Self.isFull ? 20 : 0) && counts.errors > 0)
        print(
            "HOSTILE\t\(snapshot)\t\(counts.pointers) pointers, \(counts.runs) runs: \(counts.errors) errors, "
                + "\(counts.shorter) shorter stacks, \(counts.same) the same, \(counts.other) other; "
                + "at most \(counts.mostReads) reads")
    }

    private func outcome(
        _ bench: Bench, _ thread: Int?, _ threads: [ThreadState], _ stacks: [Bench.Outcome], _ whole: Bench.Outcome
    ) throws -> (now: Bench.Outcome, whole: Bench.Outcome) {
        guard let thread else { return (bench.threads().0, whole) }
        guard let (decoder, frames) = try? bench.decoder() else { return (.error, stacks[thread]) }
        return (bench.stack(of: threads[thread], decoder, frames), stacks[thread])
    }

    private func classify(_ now: Bench.Outcome, _ whole: Bench.Outcome, _ counts: inout Counts, _ what: String) {
        func count(_ outcome: Bench.Outcome) -> Int {
            switch outcome {
            case .error: -1
            case .stack(let frames): frames.count
            case .threads(let ids): ids.count
            }
        }
        if now == .error {
            counts.errors += 1
        } else if now == whole {
            counts.same += 1
        } else if count(now) < count(whole) {
            counts.shorter += 1
        } else {
            // Another name or line, where a string or a line table is somewhere else.
            counts.other += 1
            #expect(count(now) == count(whole), "\(what): longer than it was")
        }
    }

    /// Where in `ranges` a word leads to recorded memory.
    private func pointers(in ranges: [AddressRange], _ recording: Recording) -> [Address] {
        let memory = RecordedMemory(recording.memory)
        var found: [Address] = []
        for range in ranges {
            for place in Swift.stride(from: (range.start + 7) & ~7, to: range.start + Address(range.count), by: 8) {
                guard let bytes = memory.resident(place, 8) else { continue }
                if memory.resident(bytes.loadUnaligned(as: UInt64.self) & ~3, 1) != nil { found.append(place) }
            }
        }
        return found
    }

    private func word(at place: Address, in memory: RecordedMemory) -> UInt64 {
        memory.resident(place, 8)!.loadUnaligned(as: UInt64.self)
    }
}
