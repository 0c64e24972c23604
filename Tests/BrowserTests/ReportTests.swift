import Foundation
import FrameDecoding
import TestSupport
import Testing

@testable import Formats

/// What a browser makes of an HTML report.
@Suite(.serialized) struct ReportTests {
    private final class Sources: SourceFiles {
        func place(of process: Int32) -> Int? { 0 }
        func read(_ path: String, of process: Int32) -> SourceText {
            path == "/p/a.py"
                ? SourceText(text: (1...40).map { "line \($0) <b>" }.joined(separator: "\n"))
                : SourceText(text: nil, note: "it is gone")
        }
    }

    /// A report of stacks (root first, with samples), one after the other in time, of two threads.
    private func report(_ stacks: [(thread: UInt64, stack: String, samples: Int)], idle: Int = 0) -> HTMLSink {
        let frames = FrameTable()
        let sink = HTMLSink(frames: frames, sources: Sources())
        sink.begin(ProfiledProcess(pid: 1, command: "app", version: PythonVersion(3, 11, 2)))
        var time: UInt64 = 0
        for (thread, stack, samples) in stacks {
            let ids = stack.split(separator: ";").map { text -> FrameID in
                let words = text.split(separator: ":").map(String.init)
                return frames.intern(Frame(file: words[0], name: words[1], line: Int(words[2]) ?? 0))
            }
            let state = ThreadState(address: thread, interpreter: 1, threadID: thread, nativeThreadID: nil)
            let sample = ThreadSample(
                thread: state, name: "worker \(thread)", isHolder: true, frames: ids.reversed())
            for _ in 0..<samples {
                sink.record(Sample(time: time, pid: 1, outcome: .stacks([sample])))
                time += 10_000_000
            }
        }
        for _ in 0..<idle {
            sink.record(Sample(time: time, pid: 1, outcome: .idle))
            time += 10_000_000
        }
        return sink
    }

    private func open(_ sink: HTMLSink, dark: Bool = false, _ body: (Browser) throws -> Void) throws {
        if let missing = Browser.missing {
            print("NOT TESTED: reports in a browser: \(missing)")
            return
        }
        let folder = try Folder()
        var bytes: [UInt8] = []
        try sink.finish(RunSummary(), into: ProfileOutput { bytes += $0 })
        _ = FileManager.default.createFile(atPath: folder.file("x.html"), contents: Data(bytes))
        let browser = try Browser.open(folder.file("x.html"), dark: dark)
        try body(browser)
        try browser.expectQuiet()
    }

    /// 100 samples: 60 of one thread, then 40 of the other.
    private func twoThreads(idle: Int = 0) -> HTMLSink {
        report(
            [
                (1, "/p/a.py:main:1;/p/a.py:work:10;/v/site-packages/lib/x.py:help:3", 40),
                (1, "/p/a.py:main:1;/p/a.py:work:11", 20),
                (2, "/p/a.py:loop:20;/p/a.py:loop:21;/p/a.py:loop:21", 40),
            ], idle: idle)
    }

    private func show(_ browser: Browser, _ view: String) throws {
        _ = try browser.value("document.querySelector('[data-view=\(view)]').click() ?? 1", Int.self)
    }

    /// What the visible flame graph shows, as `name samples`.
    private static let boxes = """
        report.flame.boxes.map(({ node }) => {
          const { tree, total } = report.flame.scene;
          return tree.labels.name(tree.label[node]) + ' ' + total[node]; }).sort()
        """

    private func rows(_ browser: Browser, _ view: String, _ columns: [Int]) throws -> [String] {
        try browser.value(
            """
            [...document.querySelectorAll('#\(view) tbody tr')].map((row) =>
              \(columns).map((column) => row.children[column].textContent.trim()).join(' | '))
            """)
    }

    @Test func functionsWithSelfAndTotal() throws {
        try open(twoThreads()) { browser in
            try show(browser, "functions")
            // Recursion counts a stack once.
            let all = try rows(browser, "functions", [0, 3, 6, 7]).sorted()
            #expect(
                all == [
                    "0 | 60 | main | a.py", "20 | 60 | work | a.py", "40 | 40 | help | lib/x.py", "40 | 40 | loop | a.py",
                ])
            // By name, then back.
            _ = try browser.value("document.querySelectorAll('#functions th button')[6].click() ?? 1", Int.self)
            #expect(try rows(browser, "functions", [6]) == ["help", "loop", "main", "work"])
            // The search filters.
            try browser.key("/")
            try browser.tell("type", ["text": "^lib|site-packages"])
            #expect(try rows(browser, "functions", [6]) == ["help"])
            try browser.key("Escape")
            try browser.key("l")
            #expect(try rows(browser, "functions", [6]).count == 6)
        }
    }

    @Test func zoomSearchAndCallers() throws {
        try open(twoThreads()) { browser in
            let all = ["help 40", "loop 40", "loop 40", "loop 40", "main 60", "work 60"]
            #expect(try browser.value(Self.boxes) == all)
            let place: [Double] = try browser.value(
                """
                (() => { const flame = report.flame;
                const box = flame.boxes.find(({ node }) => flame.scene.tree.labels.name(flame.scene.tree.label[node]) === 'work');
                const corner = flame.canvas.getBoundingClientRect();
                return [corner.x + box.x + box.width / 2, corner.y + flame.top(box.row) + 8]; })()
                """)
            try browser.tell("move", ["x": place[0], "y": place[1]])
            #expect(
                try browser.value("[...document.querySelectorAll('.tip div')].map((line) => line.textContent)") == [
                    "work", "/p/a.py", "lines 10 (66.7 %), 11 (33.3 %)", "60 samples, 60.0 %, 20 in itself",
                ])
            try browser.click(place[0], place[1])
            #expect(try browser.value(Self.boxes) == ["help 40", "main 60", "work 60"])
            try browser.key("f", ctrl: true)
            try browser.tell("type", ["text": "help"])
            #expect(try browser.value("document.querySelector('.matched').textContent") == "40.0 % matched")
            try browser.key("Escape")
            #expect(try browser.value(Self.boxes) == all)
            try show(browser, "callers")
            #expect(
                try browser.value(Self.boxes)
                    == ["help 40", "loop 40", "loop 40", "loop 40", "main 20", "main 40", "work 20", "work 40"])
        }
    }

    @Test func threadsTimeAndIdle() throws {
        try open(twoThreads(idle: 100)) { browser in
            try show(browser, "threads")
            #expect(
                try rows(browser, "threads", [1, 2]).sorted()
                    == ["(no thread: idle, failed) | 100", "worker 1 | 60", "worker 2 | 40"])
            let total = "report.lineModel().total[0]"
            #expect(try browser.value(total) == 200)
            _ = try browser.value("document.querySelector('.bar input[type=checkbox]').click() ?? 1", Int.self)
            #expect(try browser.value(total) == 100)
            // One thread.
            _ = try browser.value(
                "[...document.querySelectorAll('#threads td button')].find((b) => b.textContent === 'worker 2').click() ?? 1",
                Int.self)
            #expect(try browser.value(total) == 40)
            _ = try browser.value("report.selectTracks('') ?? 1", Int.self)
            // The first fifth of the time, dragged with the mouse, is the first thread's.
            let line: [Double] = try browser.value(
                "(() => { const box = document.querySelector('.time canvas').getBoundingClientRect(); return [box.x, box.y, box.width]; })()")
            try browser.tell(
                "drag", ["x": line[0] + 1, "y": line[1] + 20, "toX": line[0] + line[2] * 0.1999, "toY": line[1] + 20])
            #expect(try browser.value(total) == 40)
            try show(browser, "flame")
            #expect(try browser.value(Self.boxes) == ["help 40", "main 40", "work 40"])
            // A click shows all again.
            try browser.click(line[0] + 5, line[1] + 20)
            #expect(try browser.value(total) == 100)
        }
    }

    @Test func sourceWithTheSamplesOfItsLines() throws {
        try open(twoThreads()) { browser in
            try show(browser, "source")
            let files = "[...document.querySelectorAll('.files button')].map((file) => file.textContent)"
            #expect(try browser.value(files) == ["a.py100.0 %", "lib/x.py40.0 %"])
            #expect(try browser.value("document.querySelectorAll('.view b').length") == 0)
            let lines = try rows(browser, "source", [0, 1, 2, 3])
            #expect(lines.count == 40)
            #expect(lines[0] == " | 60.0 % | 1 | line 1 <b>" && lines[10] == "20.0 % | 20.0 % | 11 | line 11 <b>")
            #expect(lines[20] == "40.0 % | 40.0 % | 21 | line 21 <b>" && lines[4] == " |  | 5 | line 5 <b>")
            // A file that cannot be read says why, and still has its lines.
            _ = try browser.value("document.querySelectorAll('.files button')[1].click() ?? 1", Int.self)
            #expect(try browser.value("document.querySelector('.view p').textContent.endsWith('; it is gone')"))
            #expect(try rows(browser, "source", [0, 2]) == ["40.0 % | 3"])
        }
    }

    @Test func hostileNamesAreOnlyText() throws {
        let frames = FrameTable()
        let sink = HTMLSink(frames: frames, sources: Sources())
        sink.begin(ProfiledProcess(pid: 1, command: hostileNames[0], version: PythonVersion(3, 11)))
        for (index, name) in hostileNames.enumerated() {
            let state = ThreadState(address: UInt64(index), interpreter: 1, threadID: 1, nativeThreadID: nil)
            let frame = frames.intern(Frame(file: "/" + name, name: name, line: 1))
            let sample = ThreadSample(thread: state, name: name, isHolder: true, frames: [frame])
            sink.record(Sample(time: UInt64(index), pid: 1, outcome: .stacks([sample])))
        }
        try open(sink) { browser in
            for view in ["callers", "threads", "source", "about", "functions"] { try show(browser, view) }
            let names: [String] = try browser.value(
                "[...document.querySelectorAll('#functions tbody tr')].map((row) => row.children[6].textContent.slice(1))")
            #expect(Set(names) == Set(hostileNames.map { sanitised($0, isSentence: true) }))
            #expect(try browser.value("globalThis.hacked === undefined && document.querySelectorAll('img, script').length === 1"))
        }
    }

    @Test func darkAndLight() throws {
        try open(twoThreads(), dark: true) { browser in
            let paper = "getComputedStyle(document.body).backgroundColor"
            #expect(try browser.value(paper) == "rgb(20, 23, 28)")
            try browser.tell("scheme", ["dark": false])
            #expect(try browser.value(paper) == "rgb(255, 255, 255)")
        }
    }

    /// Not how fast: that is measured, not tested. But it must open, and be of a size that does.
    @Test func manyStacksOpen() throws {
        let frames = FrameTable()
        let sink = HTMLSink(frames: frames, sources: Sources())
        let ids = (0..<500).map { frames.intern(Frame(file: "/p/f\($0 % 50).py", name: "f\($0)", line: $0 + 1)) }
        var state: UInt32 = 1
        let thread = ThreadState(address: 1, interpreter: 1, threadID: 1, nativeThreadID: nil)
        for index in 0..<10_000 {
            let stack = (0..<10).map { _ -> FrameID in
                state = state &* 1_664_525 &+ 1_013_904_223
                return ids[Int(state >> 16) % 500]
            }
            let sample = ThreadSample(thread: thread, isHolder: true, frames: stack)
            sink.record(Sample(time: UInt64(index) * 1_000_000, pid: 1, outcome: .stacks([sample])))
        }
        try open(sink) { browser in
            #expect(try browser.value("report.tree.size > 80000 && report.lineModel().total[0] === 10000"))
            for view in ["callers", "functions", "threads", "source"] { try show(browser, view) }
            #expect(try browser.value("document.querySelectorAll('#functions tbody tr').length") == 100)
        }
    }
}
