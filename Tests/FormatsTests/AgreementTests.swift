import Foundation
import FrameDecoding
import TestSupport
import Testing

@testable import Formats
@testable import Output
@testable import Profiles

/// One run, written in every format, and read again: all tell the same counts.
struct AgreementTests {
    private typealias Counts = [String: Int]
    private static let interval: UInt64 = 10_000
    private let scene = Scene()

    /// Three threads that come and go, idle samples and failed ones, at exact intervals.
    private func samples() -> [Sample] {
        var state: UInt64 = 11
        func random(_ below: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % below
        }
        let functions = ["a.py:main:1", "a.py:größe:7", "b.py:loads:3", "b.py:<lambda>:9"]
        return (0..<800).map { tick in
            let time = (5_000 + UInt64(tick) * Self.interval) * 1000
            switch random(8) {
            case 0: return Sample(time: time, pid: 1, outcome: .idle)
            case 1: return Sample(time: time, pid: 1, outcome: .failed)
            default:
                let threads = (1...3 as ClosedRange<UInt64>).compactMap { id -> ThreadSample? in
                    if id > 1, random(3) == 0 { return nil }
                    let stack = (0...random(3)).map { functions[Int($0 == 0 ? 0 : random(4))] }
                    return scene.thread(id, stack.joined(separator: ";"), holder: id == 1)
                }
                return Sample(time: time, pid: 1, outcome: .stacks(threads))
            }
        }
    }

    private func written(_ sink: some SampleSink, _ samples: [Sample]) throws -> [UInt8] {
        for sample in samples { sink.record(sample) }
        return try sink.bytes(RunSummary(interval: Self.interval * 1000))
    }

    private func object(_ bytes: [UInt8]) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }

    private func name(_ frame: Substring) -> String { frame.split(separator: ":").dropFirst().first.map(String.init) ?? String(frame) }

    /// What folded stacks say, frames by the names of their functions.
    private func folded(_ text: String) -> Counts {
        var counts: Counts = [:]
        for line in text.split(separator: "\n") {
            let blank = line.lastIndex(of: " ") ?? line.endIndex
            let stack = line[..<blank].split(separator: ";").map(name).joined(separator: ";")
            counts[stack, default: 0] += Int(line[blank...].dropFirst()) ?? 0
        }
        return counts
    }

    private func expected(_ samples: [Sample]) throws -> Counts {
        let sink = FoldedSink(formatter: FrameFormatter(frames: scene.frames))
        let counts = folded(String(decoding: try written(sink, samples), as: UTF8.self))
        #expect(counts.count > 15 && counts["(idle)"] ?? 0 > 50 && counts["(failed)"] ?? 0 > 50)
        return counts
    }

    @Test func pprof() throws {
        let samples = samples()
        let path = NSTemporaryDirectory() + "/pyflame-agreement-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(try written(PprofSink(frames: scene.frames), samples)).write(to: URL(fileURLWithPath: path))
        let frames = FrameTable()
        let sink = FoldedSink(formatter: FrameFormatter(frames: frames))
        let run = try ProfileReader(name: "in", frames: frames).read(InputFile(path: path), into: sink)
        let wanted = try expected(samples)
        let read = folded(String(decoding: try sink.bytes(run), as: UTF8.self))
        #expect(read == wanted)
    }

    @Test func jsonLines() throws {
        let samples = samples()
        var counts: Counts = [:]
        for line in String(decoding: try written(JSONLinesSink(frames: scene.frames), samples), as: UTF8.self).split(separator: "\n") {
            let entry = try object(Array(line.utf8))
            let frames = (entry["frames"] as? [[String: Any]] ?? []).map { $0["name"] as? String ?? "" }
            let state = (entry["state"] as? String).map { "(\($0))" }
            counts[state ?? frames.reversed().joined(separator: ";"), default: 0] += 1
        }
        let wanted = try expected(samples)
        #expect(counts == wanted)
    }

    /// What a function costs with its calls is the samples that have it in their stacks, in recursions as well.
    @Test func callgrind() throws {
        let samples = samples()
        let text = String(decoding: try written(CallgrindSink(frames: scene.frames), samples), as: UTF8.self)
        var names: [Substring: Substring] = [:]
        func name(_ line: Substring) -> Substring {
            let parts = line.split(separator: " ", maxSplits: 1)
            let number = parts[0].drop { $0 != "(" }
            if parts.count > 1 { names[number] = parts[1] }
            return names[number] ?? "?"
        }
        var (own, all): (Counts, Counts) = ([:], [:])
        var function = ""
        var isCall = false
        for line in text.split(separator: "\n").drop(while: { !$0.hasPrefix("ob=") }) {
            if line.hasPrefix("fn=") { function = String(name(line)) }
            if line.hasPrefix("cfn=") { _ = name(line) }
            if line.first?.isNumber == true, let cost = line.split(separator: " ").last.flatMap({ Int($0) }) {
                all[function, default: 0] += cost
                if !isCall { own[function, default: 0] += cost }
                isCall = false
            }
            if line.hasPrefix("calls=") { isCall = true }
        }
        var (wantedOwn, wantedAll): (Counts, Counts) = ([:], [:])
        for (stack, count) in try expected(samples) {
            let functions = stack.split(separator: ";").map(String.init)
            wantedOwn[functions[functions.count - 1], default: 0] += count
            for function in Set(functions) { wantedAll[function, default: 0] += count }
        }
        #expect(own == wantedOwn)
        #expect(all == wantedAll)
    }

    @Test func flamechart() throws {
        let samples = samples()
        let sink = FlamechartSink(formatter: FrameFormatter(frames: scene.frames))
        let lines = String(decoding: try written(sink, samples), as: UTF8.self).split(separator: "\n")
        var counts: Counts = [:]
        for line in stride(from: 1, to: lines.count, by: 2) {
            counts[lines[line].split(separator: ";").map(name).joined(separator: ";"), default: 0] += 1
        }
        let wanted = try expected(samples)
        #expect(counts == wanted)
    }

    @Test func speedscope() throws {
        let samples = samples()
        let bytes = try written(SpeedscopeSink(frames: scene.frames), samples)
        #expect(try speedscopeComplaint(Data(bytes)) == nil)
        let file = try object(bytes)
        let frames = (file["shared"] as? [String: Any])?["frames"] as? [[String: Any]] ?? []
        var counts: Counts = [:]
        for profile in file["profiles"] as? [[String: Any]] ?? [] {
            for (stack, weight) in zip(profile["samples"] as? [[Int]] ?? [], profile["weights"] as? [Int] ?? []) {
                let names = stack.map { frames[$0]["name"] as? String ?? "" }
                if !names.isEmpty { counts[names.joined(separator: ";"), default: 0] += weight }
            }
        }
        let wanted = try expected(samples)
        #expect(counts.mapValues { $0 / Int(Self.interval) } == wanted)
        #expect(counts.values.allSatisfy { $0 % Int(Self.interval) == 0 })
    }

    @Test func firefox() throws {
        let samples = samples()
        let profile = try object(gunzip(try written(FirefoxSink(frames: scene.frames), samples), limit: 1 << 24))
        let shared = try #require(profile["shared"] as? [String: Any])
        func column(_ table: String, _ column: String) -> [Int?] {
            ((shared[table] as? [String: Any])?[column] as? [Any] ?? []).map { $0 as? Int }
        }
        let strings = try #require(shared["stringArray"] as? [String])
        let (frame, prefix) = (column("stackTable", "frame"), column("stackTable", "prefix"))
        let (function, names) = (column("frameTable", "func"), column("funcTable", "name"))
        var counts: Counts = [:]
        for thread in profile["threads"] as? [[String: Any]] ?? [] {
            let rows = try #require(thread["samples"] as? [String: Any])
            for (stack, weight) in zip(rows["stack"] as? [Any] ?? [], rows["weight"] as? [Int] ?? []) {
                var path: [String] = []
                var next = stack as? Int
                while let row = next {
                    path.insert(strings[names[function[frame[row]!]!]!], at: 0)
                    next = prefix[row]
                }
                if !path.isEmpty { counts[path.joined(separator: ";"), default: 0] += weight }
            }
        }
        let wanted = try expected(samples)
        #expect(counts == wanted)
    }

    /// It shows the thread that holds the GIL.
    @Test func cpuProfile() throws {
        let samples = samples().map { sample in
            guard case .stacks(let threads) = sample.outcome else { return sample }
            var sample = sample
            sample.outcome = .stacks(threads.filter(\.isHolder))
            return sample
        }
        let profile = try object(try written(CpuProfileSink(frames: scene.frames), samples))
        let nodes = try #require(profile["nodes"] as? [[String: Any]])
        var paths: [Int: String] = [:]
        var counts: Counts = [:]
        // Parents come before their children.
        for node in nodes {
            let id = node["id"] as? Int ?? 0
            let own = (node["callFrame"] as? [String: Any])?["functionName"] as? String ?? ""
            let path = paths[id].map { $0.isEmpty ? own : $0 + ";" + own } ?? ""
            for child in node["children"] as? [Int] ?? [] { paths[child] = path }
            if let hits = node["hitCount"] as? Int, hits > 0 { counts[path, default: 0] += hits }
        }
        let wanted = try expected(samples)
        #expect(counts == wanted)
    }

    /// Blocks have times: how long each stack was on top, in intervals. Idle and failed samples are gaps.
    @Test func chromeTrace() throws {
        let samples = samples()
        let trace = try object(try written(ChromeTraceSink(frames: scene.frames), samples))
        var stacks: [Int: [String]] = [:]
        var since: [Int: Int] = [:]
        var counts: Counts = [:]
        for event in trace["traceEvents"] as? [[String: Any]] ?? [] {
            guard let phase = event["ph"] as? String, phase != "M", let tid = event["tid"] as? Int,
                let time = event["ts"] as? Int
            else { continue }
            let stack = stacks[tid, default: []]
            if !stack.isEmpty, let start = since[tid], time > start {
                counts[stack.joined(separator: ";"), default: 0] += time - start
            }
            since[tid] = time
            if phase == "B" {
                stacks[tid, default: []].append(event["name"] as? String ?? "")
            } else {
                #expect(stacks[tid]?.popLast() == event["name"] as? String)
            }
        }
        let seen = try expected(samples).filter { !$0.key.hasPrefix("(") }
        #expect(counts.mapValues { $0 / Int(Self.interval) } == seen)
        #expect(stacks.values.filter { !$0.isEmpty }.isEmpty)
    }
}
