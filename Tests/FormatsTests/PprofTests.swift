import FrameDecoding
import TestSupport
import Testing

@testable import Formats
@testable import Output

private struct Truncated: Error {}

/// A protocol buffer message, read as plainly as can be.
struct WireMessage {
    var fields: [(number: UInt64, value: Value)] = []
    enum Value { case number(UInt64), bytes([UInt8]) }

    init(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        func varint() throws -> UInt64 {
            var value: UInt64 = 0
            var shift: UInt64 = 0
            while true {
                guard let byte = rest.popFirst() else { throw Truncated() }
                value |= UInt64(byte & 0x7f) << shift
                if byte < 0x80 { return value }
                shift += 7
            }
        }
        while !rest.isEmpty {
            let tag = try varint()
            switch tag & 7 {
            case 0: fields.append((tag >> 3, .number(try varint())))
            case 2:
                let count = Int(try varint())
                fields.append((tag >> 3, .bytes(Array(rest.prefix(count)))))
                rest = rest.dropFirst(count)
            default: Issue.record("wire type \(tag & 7)")
            }
        }
    }

    func number(_ field: UInt64) -> Int {
        for case (field, .number(let value)) in fields { return Int(truncatingIfNeeded: value) }
        return 0
    }

    func bytes(_ field: UInt64) -> [[UInt8]] {
        fields.compactMap { number, value in
            if number == field, case .bytes(let bytes) = value { bytes } else { nil }
        }
    }

    func messages(_ field: UInt64) throws -> [WireMessage] { try bytes(field).map(WireMessage.init) }

    /// Packed numbers.
    func numbers(_ field: UInt64) throws -> [Int] {
        var numbers: [Int] = []
        for packed in bytes(field) {
            var value = 0
            var shift = 0
            for byte in packed {
                value |= Int(byte & 0x7f) << shift
                shift += 7
                guard byte < 0x80 else { continue }
                numbers.append(value)
                (value, shift) = (0, 0)
            }
        }
        return numbers
    }
}

struct PprofTests {
    private func sink(_ scene: Scene, lineNumbers: Bool = true, excludeIdle: Bool = false) -> PprofSink {
        let sink = PprofSink(frames: scene.frames, lineNumbers: lineNumbers, excludeIdle: excludeIdle)
        sink.begin(ProfiledProcess(pid: 1, command: "python3", version: PythonVersion(3, 13, 0)))
        return sink
    }

    private func profile(_ sink: PprofSink, interval: UInt64 = 10_000_000) throws -> WireMessage {
        let run = RunSummary(startedAt: 5, duration: 6, interval: interval)
        return try WireMessage(gunzip(try sink.bytes(run), limit: 1 << 20))
    }

    /// Each sample as text: its stack leaf first, values and labels.
    private func samples(_ profile: WireMessage) throws -> [String] {
        let strings = profile.bytes(6).map { String(decoding: $0, as: UTF8.self) }
        #expect(strings.first == "")
        var functions: [Int: String] = [:]
        for function in try profile.messages(5) {
            let (name, file) = (strings[function.number(2)], strings[function.number(4)])
            #expect(functions.updateValue("\(file):\(name)@\(function.number(5))", forKey: function.number(1)) == nil)
        }
        var places: [Int: String] = [:]
        for location in try profile.messages(4) {
            #expect(location.number(2) == 1)
            let line = try #require(try location.messages(4).first)
            let function = try #require(functions[line.number(1)])
            #expect(places.updateValue("\(function):\(line.number(2))", forKey: location.number(1)) == nil)
        }
        return try profile.messages(2).map { sample in
            let stack = try sample.numbers(1).map { try #require(places[$0]) }
            let labels = try sample.messages(3).map { label in
                let text = strings[label.number(2)]
                return "\(strings[label.number(1)])=\(text.isEmpty ? "\(label.number(3))" : text)"
            }
            return "\(stack.joined(separator: ";")) \(try sample.numbers(2)) \(labels.joined(separator: ","))"
        }
    }

    @Test func stacksAreCountedPerThread() throws {
        let scene = Scene()
        let sink = sink(scene)
        let line = scene.frames.intern(Frame(file: "a.py", name: "größe", line: 7, firstLine: 5))
        var deep = scene.thread(1, "a.py:m:1", holder: true)
        deep.frames.insert(line, at: 0)
        deep.tid = 77
        deep.name = "worker"
        for _ in 0..<300 { sink.record(Sample(time: 0, pid: 1, outcome: .stacks([deep]))) }
        sink.record(Sample(time: 0, pid: 1, outcome: .stacks([deep, scene.thread(2, "a.py:m:1")])))
        sink.record(Sample(time: 0, pid: 1, outcome: .idle, count: 4))
        sink.record(Sample(time: 0, pid: 1, outcome: .stacks([])))
        sink.record(Sample(time: 0, pid: 1, outcome: .failed))
        let profile = try profile(sink)
        #expect(
            try Set(samples(profile)) == [
                "a.py:größe@5:7;a.py:m@1:1 [301, 3010000000] thread=worker,thread_id=77,process=python3,process_id=1",
                "a.py:m@1:1 [1, 10000000] thread=Thread 2,process=python3,process_id=1",
                ":(idle)@0:0 [5, 50000000] process=python3,process_id=1",
                ":(failed)@0:0 [1, 10000000] process=python3,process_id=1",
            ])
        let strings = profile.bytes(6).map { String(decoding: $0, as: UTF8.self) }
        let types = try profile.messages(1).map { "\(strings[$0.number(1)])/\(strings[$0.number(2)])" }
        #expect(types == ["samples/count", "wall/nanoseconds"])
        #expect([profile.number(9), profile.number(10), profile.number(12)] == [5, 6, 10_000_000])
    }

    @Test func withoutLineNumbersAFunctionIsOnePlace() throws {
        let scene = Scene()
        let sink = sink(scene, lineNumbers: false, excludeIdle: true)
        for line in 1...9 { sink.record(scene.sample("a.py:m:1;a.py:f:\(line)")) }
        sink.record(Sample(time: 0, pid: 1, outcome: .idle))
        let samples = try samples(try profile(sink))
        #expect(samples == ["a.py:f@0:0;a.py:m@0:0 [9, 90000000] thread=Thread 1,process=python3,process_id=1"])
    }

    @Test func anUnknownIntervalIsNoTime() throws {
        let scene = Scene()
        let sink = sink(scene)
        sink.record(scene.sample("a.py:m:1"))
        let profile = try profile(sink, interval: 0)
        #expect(try profile.messages(1).count == 1)
        #expect(try samples(profile).first?.contains(" [1] ") == true)
    }

    @Test func theSameNameInOtherBytesIsAnotherName() throws {
        let scene = Scene()
        let sink = sink(scene)
        sink.record(scene.sample("a.py:e\u{301}:1"))
        sink.record(scene.sample("b.py:\u{e9}:1"))
        let names = try profile(sink).bytes(6)
        #expect(names.contains(Array("e\u{301}".utf8)) && names.contains(Array("\u{e9}".utf8)))
    }
}

struct GzipTests {
    @Test(arguments: [0, 1, 100_000, 3_000_000])
    func bytesComeBack(count: Int) throws {
        var state: UInt32 = 1
        let bytes = (0..<count).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            return UInt8(state >> 28)
        }
        var packed: [UInt8] = []
        let gzip = try GzipOutput(ProfileOutput { packed += $0 })
        for start in stride(from: 0, to: count, by: 70_000) {
            try gzip.profile.write(Array(bytes[start..<min(start + 70_000, count)]))
        }
        try gzip.finish()
        #expect(try gunzip(packed, limit: count) == bytes)
        // Two members in a row are one text.
        #expect(try gunzip(packed + packed, limit: 2 * count) == bytes + bytes)
        if count > 0 { #expect(throws: GzipError.tooLarge) { try gunzip(packed, limit: count - 1) } }
        #expect(throws: GzipError.damaged) { try gunzip(packed.dropLast(5) + [], limit: count) }
    }

    @Test func garbageIsDamaged() {
        #expect(throws: GzipError.damaged) { try gunzip([], limit: 10) }
        #expect(throws: GzipError.damaged) { try gunzip([0x1f, 0x8b, 8, 0, 1, 2, 3], limit: 10) }
        #expect(throws: GzipError.damaged) { try gunzip(Array("hello, world".utf8), limit: 10) }
    }
}
