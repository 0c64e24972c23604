import FrameDecoding
import Testing

@testable import Live

/// A program of three functions; samples are made by naming stacks, leaf first.
struct Scene {
    let frames = FrameTable()
    let model: LiveModel

    init(window: Int = 5) {
        model = LiveModel(table: frames, window: window)
        model.begin(ProfiledProcess(pid: 7, command: "app", version: PythonVersion(3, 13, 5)))
    }

    /// `main:3` is line 3 of the function main, which begins at line 1.
    func id(_ text: String) -> FrameID {
        let parts = text.split(separator: ":")
        return frames.intern(
            Frame(file: "/src/app.py", name: String(parts[0]), line: Int(parts[1])!, firstLine: 1))
    }

    func thread(
        _ number: UInt64, _ stack: String, gil: Bool = true, cpu: Bool = true
    ) -> ThreadSample {
        ThreadSample(
            thread: ThreadState(address: number, interpreter: 1, threadID: number, nativeThreadID: nil),
            tid: Int32(number), name: "thread-\(number)", isHolder: gil, isRunning: cpu,
            frames: stack.split(separator: " ").map { id(String($0)) })
    }

    func record(_ seconds: Double, _ threads: ThreadSample...) {
        model.record(
            Sample(time: UInt64(seconds * 1e9), pid: 7, outcome: threads.isEmpty ? .idle : .stacks(threads)))
    }

    func rows(
        _ folding: LiveFolding = .function, _ counting: CountedThreads = .gil, ofWindow: Bool = false
    ) -> [String: [Double]] {
        let rows = model.picture(ofWindow: ofWindow, folding: folding, counting: counting).rows
        return Dictionary(uniqueKeysWithValues: rows.map { ("\($0.name):\($0.line)", [$0.own, $0.total]) })
    }
}

struct ModelTests {
    @Test func selfAndTotal() {
        let scene = Scene()
        scene.record(1, scene.thread(1, "leaf:5 main:2"))
        scene.record(2, scene.thread(1, "leaf:6 main:2"))
        scene.record(3, scene.thread(1, "main:3"))
        scene.record(4)
        #expect(scene.rows() == ["leaf:1": [0.5, 0.5], "main:1": [0.25, 0.75]])
        #expect(scene.rows(.line) == [
            "leaf:5": [0.25, 0.25], "leaf:6": [0.25, 0.25], "main:2": [0, 0.5], "main:3": [0.25, 0.25],
        ])
    }

    @Test func recursionCountsOnce() {
        let scene = Scene()
        scene.record(1, scene.thread(1, "walk:5 walk:5 walk:4 main:2"))
        #expect(scene.rows() == ["walk:1": [1, 1], "main:1": [0, 1]])
        #expect(scene.rows(.line) == ["walk:5": [1, 1], "walk:4": [0, 1], "main:2": [0, 1]])
    }

    @Test func threadsAreCountedAsAsked() {
        let scene = Scene()
        for second in 1...4 {
            scene.record(
                Double(second), scene.thread(1, "work:1", gil: second > 1, cpu: true),
                scene.thread(2, "compress:1", gil: false, cpu: second <= 2),
                scene.thread(3, "wait:1", gil: false, cpu: false))
        }
        #expect(scene.rows(.function, .gil) == ["work:1": [0.75, 0.75]])
        #expect(scene.rows(.function, .cpu) == ["work:1": [1, 1], "compress:1": [0.5, 0.5]])
        #expect(scene.rows(.function, .wall) == ["work:1": [1, 1], "compress:1": [1, 1], "wait:1": [1, 1]])
        let picture = scene.model.picture(ofWindow: false, folding: .function, counting: .gil)
        let threads = picture.threads.sorted { $0.thread.threadID < $1.thread.threadID }
        #expect(threads.map(\.gil) == [0.75, 0, 0])
        #expect(threads.map(\.cpu) == [1, 0.5, 0])
        #expect(threads.map(\.idle) == [0, 0.5, 1])
        #expect(threads.map(\.place.name) == ["work", "compress", "wait"])
        #expect(picture.gil == 0.75 && picture.cpu == 1 && picture.samples == 4 && picture.failed == 0)
    }

    @Test func theWindowForgets() {
        let scene = Scene(window: 2)
        scene.record(1, scene.thread(1, "old:1"))
        for tenth in 1...30 { scene.record(1 + Double(tenth) / 10, scene.thread(1, "new:1")) }
        #expect(scene.rows(ofWindow: true) == ["new:1": [1, 1]])
        #expect(scene.rows()["old:1"] == [Double(1) / 31, Double(1) / 31])
        let picture = scene.model.picture(ofWindow: true, folding: .function, counting: .gil)
        #expect(picture.samples <= 21 && picture.samples >= 15)
        #expect(abs(picture.rate - 10) < 3)
    }

    @Test func failedAndIdle() {
        let scene = Scene()
        scene.record(1)
        scene.model.record(Sample(time: 2_000_000_000, pid: 7, outcome: .failed))
        scene.record(3, scene.thread(1, "main:1"))
        scene.record(4, scene.thread(1, "main:1", gil: false, cpu: false))
        let picture = scene.model.picture(ofWindow: false, folding: .function, counting: .gil)
        #expect(picture.failed == 1 && picture.samples == 4)
        #expect(picture.gil == 0.25 && picture.cpu == 0.25)
    }

    @Test func reset() {
        let scene = Scene()
        scene.record(1, scene.thread(1, "main:1"))
        scene.model.reset()
        #expect(scene.rows().isEmpty && scene.rows(ofWindow: true).isEmpty)
        scene.record(2, scene.thread(1, "main:1"))
        #expect(scene.rows() == ["main:1": [1, 1]])
    }

    /// A share of one is one process's samples, also where there are several.
    @Test func severalProcesses() {
        let scene = Scene()
        for second in 1...4 {
            scene.record(Double(second), scene.thread(1, "main:1"))
            scene.model.record(
                Sample(
                    time: UInt64(second) * 1_000_000_000, pid: 8,
                    outcome: second > 2 ? .stacks([scene.thread(1, "main:1")]) : .idle))
        }
        #expect(scene.rows() == ["main:1": [1.5, 1.5]])
    }
}
