import Foundation
import FoundationXML
import FrameDecoding
import TestSupport
import Testing

@testable import Formats
@testable import Profiles

/// The plain SVG, which viewers without scripts show; what scripts make of it is tested in a browser.
struct SVGTests {
    private struct Box {
        var title = ""
        var x = 0.0
        var width = 0.0
        var y = 0
        var name: String { title.split(separator: "\n").first.map(String.init) ?? "" }
        var samples: Int {
            let number = title.split(separator: "\n").last?.split(separator: " ").first ?? ""
            return Int(number.filter { $0 != "," }) ?? -1
        }
    }

    /// What an XML parser makes of the file.
    private final class Drawing: NSObject, XMLParserDelegate {
        var boxes: [Box] = []
        var texts: [String] = []
        var problem: String?
        private var open: [String] = []
        private var isInFrames: Bool { open.contains("g frames") }

        init(_ svg: [UInt8]) {
            super.init()
            let parser = XMLParser(data: Data(svg))
            parser.delegate = self
            if !parser.parse() { problem = parser.parserError.map { "\($0), line \(parser.lineNumber)" } ?? "?" }
        }
        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) {
            open.append(attributes["class"].map { "\(name) \($0)" } ?? name)
            if name == "text" { texts.append("") }
            guard isInFrames else { return }
            if name == "title" { boxes.append(Box()) }
            if name == "rect", !boxes.isEmpty {
                boxes[boxes.count - 1].x = Double(attributes["x"] ?? "") ?? -1
                boxes[boxes.count - 1].width = Double(attributes["width"] ?? "") ?? -1
                boxes[boxes.count - 1].y = Int(attributes["y"] ?? "") ?? -1
            }
        }
        func parser(_ parser: XMLParser, foundCharacters text: String) {
            if open.last == "title", isInFrames { boxes[boxes.count - 1].title += text }
            if open.last?.hasPrefix("text") == true { texts[texts.count - 1] += text }
        }
        func parser(
            _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
        ) { open.removeLast() }
    }

    private func draw(
        _ profile: CallProfile, title: String = "app", options: FlameGraphSVG.Options = .init()
    ) throws -> Drawing {
        var bytes: [UInt8] = []
        let caption = PictureCaption(title: title, details: title)
        try FlameGraphSVG(profile, caption: caption, options: options).write(into: ProfileOutput { bytes += $0 })
        let drawing = Drawing(bytes)
        #expect(drawing.problem == nil)
        return drawing
    }

    @Test func widthsAndCountsAreThoseOfTheStacks() throws {
        let scene = Scene()
        let sink = SVGSink(frames: scene.frames)
        let folded = FoldedSink(formatter: FrameFormatter(frames: scene.frames, lineNumbers: false))
        for sink in [sink, folded] as [any SampleSink] {
            for (stack, count) in [("a:m:1;a:f:2", 60), ("a:m:2;a:f:3", 20), ("a:m:1;b:g:4;b:h:1", 10), ("c:m:1", 5)] {
                for _ in 0..<count { sink.record(scene.sample(stack)) }
            }
            for _ in 0..<4 { sink.record(Sample(time: 0, pid: 1, outcome: .idle)) }
            sink.record(Sample(time: 0, pid: 1, outcome: .failed))
        }
        let drawing = Drawing(try sink.bytes())
        #expect(drawing.problem == nil)
        let counts = Dictionary(grouping: drawing.boxes, by: \.name).mapValues { $0.map(\.samples).sorted() }
        #expect(counts == ["m": [5, 90], "f": [80], "g": [10], "h": [10], "(idle)": [4], "(failed)": [1]])
        // The bottom row is all there is, and as wide as the picture.
        let bottom = drawing.boxes.map(\.y).max()
        let roots = drawing.boxes.filter { $0.y == bottom }
        #expect(roots.map(\.samples).reduce(0, +) == 100)
        let total = try folded.text().split(separator: "\n").compactMap { Int($0.split(separator: " ").last ?? "") }
        #expect(total.reduce(0, +) == 100)
        for box in drawing.boxes { #expect(abs(box.width + 0.6 - 11.76 * Double(box.samples)) < 0.02) }
        // Callees lie above their callers, within them.
        let caller = try #require(drawing.boxes.first { $0.name == "m" && $0.samples == 90 })
        for box in drawing.boxes where ["f", "g"].contains(box.name) {
            #expect(box.y == caller.y - 17 && box.x >= caller.x && box.x + box.width <= caller.x + caller.width + 0.1)
        }
    }

    @Test func linesApartOnRequest() throws {
        let profile = CallProfile()
        for line in [2, 2, 3] { profile.add(Frame(file: "a.py", name: "f", line: line)) }
        let byLine = try draw(profile, options: .init(folding: .line))
        #expect(byLine.boxes.map(\.title).sorted() == ["f\na.py:2\n2 samples, 66.7 %", "f\na.py:3\n1 sample, 33.3 %"])
        let plain = try draw(profile, options: .init(folding: .line, lineNumbers: false))
        #expect(plain.boxes.map(\.title) == ["f\na.py\n3 samples, 100.0 %"])
    }

    @Test func anIcicleStandsOnItsHead() throws {
        let scene = Scene()
        let profile = CallProfile(frames: scene.frames)
        profile.add(scene.thread(1, "a:m:1;a:f:2").frames)
        let rows = try draw(profile, options: .init(isIcicle: true)).boxes.sorted { $0.y < $1.y }.map(\.name)
        #expect(rows == ["m", "f"])
    }

    static let hostile = [
        "</script><script>alert(1)</script>", "]]><x", "<&\"'>", "a\0b\u{1b}[31m\u{7f}\u{9b}", "\u{fffe}\u{ffff}",
        "\u{202e}abc", "<!--", "--><img src=x>", "größe 変数 🐍", "\\u003c/script>", "",
    ]

    @Test(arguments: hostile)
    func hostileNamesAreOnlyText(name: String) throws {
        let profile = CallProfile()
        profile.add(Frame(file: name, name: name, line: 1))
        let drawing = try draw(profile, title: name)
        #expect(drawing.boxes.count == 1 && drawing.boxes[0].samples == 1)
        let replaced = sanitised(name, isSentence: true).unicodeScalars.map {
            ["\u{fffe}", "\u{ffff}"].contains($0) ? "\u{fffd}" : String($0)
        }.joined()
        #expect(drawing.boxes[0].title.hasPrefix(replaced + "\n"))
    }

    @Test func nothingRecordedIsStillAPicture() throws {
        #expect(try draw(CallProfile()).boxes.isEmpty)
    }

    @Test func changesAreSaidAndColoured() throws {
        let profile = CallProfile(isComparison: true)
        profile.add(Frame(file: "a", name: "grew", line: 1), count: 75, before: 10)
        profile.add(Frame(file: "a", name: "shrank", line: 1), count: 25, before: 10)
        let titles = try draw(profile).boxes.map(\.title).sorted()
        #expect(titles.map { $0.split(separator: "\n").last } == [
            "before: 10 samples, 50.0 %; +25.0 points", "before: 10 samples, 50.0 %; −25.0 points",
        ])
        #expect(FrameColour.ofChange(-0.2, largest: 0.2) == "d0" && FrameColour.ofChange(0.2, largest: 0.2) == "d14")
        #expect(FrameColour.ofChange(0, largest: 0.2) == "d7" && FrameColour.ofChange(0.1, largest: 0) == "d7")
    }

    @Test func manyStacksStaySmall() throws {
        let profile = CallProfile()
        let frames = (0..<1000).map { profile.frames.intern(Frame(file: "f\($0 % 50).py", name: "f\($0)", line: $0)) }
        var state: UInt32 = 1
        for _ in 0..<10_000 {
            let stack = (0..<12).map { _ -> FrameID in
                state = state &* 1_664_525 &+ 1_013_904_223
                return frames[Int(state >> 16) % 1000]
            }
            profile.add(stack)
        }
        var size = 0
        let graph = FlameGraphSVG(profile, caption: PictureCaption(title: "many", details: ""))
        try graph.write(into: ProfileOutput { size += $0.count })
        #expect(profile.tree.count > 100_000 && size < 2_000_000)
    }
}
