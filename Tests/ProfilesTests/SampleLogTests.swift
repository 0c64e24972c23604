import FrameDecoding
import TestSupport
import Testing

@testable import Profiles

struct SampleLogTests {
    @Test func varintsComeBack() {
        let numbers: [UInt64] = [0, 1, 127, 128, 16_383, 16_384, .max, 1 << 63]
        var packed = PackedBytes()
        for _ in 0..<5000 { for number in numbers { packed.append(number) } }
        #expect(Array(packed.numbers) == Array(repeating: numbers, count: 5000).flatMap { $0 })
    }

    @Test func samplesComeBack() {
        let scene = Scene()
        let log = SampleLog()
        // A generator of its own, so that every run is the same.
        var state: UInt64 = 42
        func random(_ below: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % below
        }
        var expected: [(UInt64, [UInt64: String]?, holder: UInt64)] = []
        var time: UInt64 = 5_000_000_000
        for _ in 0..<3000 {
            time += random(20_000_000)
            switch random(6) {
            case 0:
                log.append(Sample(time: time, pid: 1, outcome: .idle))
                expected.append((time / 1000, [:], 0))
            case 1:
                log.append(Sample(time: time, pid: 1, outcome: .failed))
                expected.append((time / 1000, nil, 0))
            default:
                var stacks: [UInt64: String] = [:]
                for _ in 0..<random(5) { stacks[random(8) + 1] = "a.py:f:\(random(9));a.py:g:\(random(3))" }
                let holder = random(8) + 1
                let threads = stacks.keys.shuffled().map {
                    scene.thread($0, stacks[$0] ?? "", holder: $0 == holder)
                }
                log.append(Sample(time: time, pid: 1, outcome: .stacks(threads)))
                expected.append((time / 1000, stacks, holder))
            }
        }
        var index = 0
        log.forEach { moment in
            let (time, outcome) = (moment.time, moment.outcome)
            let (expectedTime, stacks, holder) = expected[index]
            index += 1
            #expect(time == expectedTime)
            switch outcome {
            case .failed: #expect(stacks == nil)
            case .idle: #expect(stacks?.isEmpty == true)
            case .stacks(let entries):
                var found: [UInt64: String] = [:]
                for entry in entries {
                    let id = log.threads[entry.track].thread.threadID
                    #expect(entry.isHolder == (id == holder))
                    found[id] = log.tree.pathRootFirst(to: entry.node).map {
                        let frame = scene.frames[log.tree.frame(of: $0)]
                        return "\(frame.file):\(frame.name):\(frame.line)"
                    }.joined(separator: ";")
                }
                #expect(found == stacks)
            }
        }
        #expect(index == 3000)
    }

    @Test func sixMinutesAt100HzAreSmall() {
        let scene = Scene()
        let log = SampleLog()
        let sleeping = (2...16).map { scene.thread($0, "a.py:wait:1") }
        let busy = (0..<1000).map { scene.thread(1, "a.py:m:1;a.py:f:\($0)", holder: true) }
        for tick in 0..<36_000 {
            let threads = [busy[tick * 7 % 1000]] + sleeping
            log.append(Sample(time: UInt64(tick) * 10_000_000, pid: 1, outcome: .stacks(threads)))
        }
        #expect(log.count == 36_000)
        #expect(log.byteCount < 300_000)
    }

    @Test func countsAndNamesComeBack() {
        let scene = Scene()
        let log = SampleLog()
        var thread = scene.thread(7, "a:f:1")
        let counts = [1, 5, 1, 0, .max]
        for (index, count) in counts.enumerated() {
            log.append(Sample(time: UInt64(index) * 1000, pid: 9, outcome: .stacks([thread]), count: count))
            log.append(Sample(time: UInt64(index) * 1000, pid: 9, outcome: .idle, count: count))
            thread.tid = 70
            thread.name = "worker \(index)"
        }
        var found: [UInt64] = []
        log.forEach { found.append($0.count) }
        #expect(found == counts.flatMap { [UInt64($0), UInt64($0)] })
        #expect(log.threads.rows.map(\.label) == ["worker 3"] && log.threads[0].tid == 70)
    }

    @Test func aThreadNamedTwiceCountsOnce() {
        let scene = Scene()
        let log = SampleLog()
        log.append(
            Sample(time: 0, pid: 1, outcome: .stacks([scene.thread(1, "a:f:1"), scene.thread(1, "a:g:1")])))
        log.forEach { moment in
            guard case .stacks(let entries) = moment.outcome else { return #expect(Bool(false)) }
            #expect(entries.count == 1)
        }
    }
}
