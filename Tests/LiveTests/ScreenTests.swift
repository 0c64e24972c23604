import FrameDecoding
import Testing

@testable import Live

/// Keys, what they change, and how a picture is laid out.
struct ScreenTests {
    @Test func keys() {
        var parser = KeyParser()
        #expect(parser.parse(Array("q/".utf8)) == [.character("q"), .character("/")])
        #expect(parser.parse([0x1b, 0x5b, 0x41, 0x1b, 0x4f, 0x42]) == [.up, .down])
        #expect(parser.parse(Array("\u{1b}[5~\u{1b}[6~\u{1b}[H\u{1b}[4~".utf8)) == [.pageUp, .pageDown, .home, .end])
        #expect(parser.parse([0x0d, 0x7f, 0x03]) == [.enter, .backspace, .interrupt])
        // In pieces, as a slow line brings them.
        #expect(parser.parse([0x1b]) == [] && parser.isWaiting)
        #expect(parser.parse([0x5b]) == [] && parser.parse([0x42]) == [.down])
        #expect(parser.parse([0x1b]) == [] && parser.flush() == [.escape])
        #expect(parser.parse(Array("é".utf8)) == [.character("é")])
        #expect(parser.parse([0xff, 0x01, 0x61]) == [.character("a")])
        // A sequence without an end does not hold up the rest for ever.
        #expect(parser.parse([0x1b, 0x5b] + [UInt8](repeating: 0x30, count: 64)) == [])
        #expect(parser.parse([0x71]) == [.character("q")])
    }

    @Test func viewsFollowKeys() {
        var view = LiveView()
        #expect(view.press(.character("q"), page: 10) == .quit)
        #expect(view.press(.interrupt, page: 10) == .interrupt)
        #expect(view.press(.character("f"), page: 10) == .save)
        #expect(view.press(.character("t"), page: 10) == nil && view.order == .total)
        #expect(view.press(.character("m"), page: 10) == nil && view.counting == .cpu)
        _ = view.press(.character("l"), page: 10)
        #expect(view.folding == .line)
        _ = view.press(.pageDown, page: 10)
        _ = view.press(.up, page: 10)
        #expect(view.offset == 9)
        for key in [Key.character("/"), .character("q"), .character("x"), .backspace, .enter] {
            #expect(view.press(key, page: 10) == nil)
        }
        #expect(view.filter == "q" && !view.isTyping && view.offset == 0)
        _ = view.press(.escape, page: 10)
        #expect(view.filter.isEmpty)
    }

    private static let rows = [
        LiveRow(name: "parse", file: "/src/json/decoder.py", line: 10, own: 0.5, total: 0.6),
        LiveRow(name: "main", file: "/src/app.py", line: 1, own: 0.1, total: 1),
        LiveRow(name: "Zip.close", file: "/src/zip.py", line: 7, own: 0.2, total: 0.2),
    ]

    @Test func orderAndFilter() {
        var view = LiveView()
        #expect(view.arranged(Self.rows).map(\.name) == ["parse", "Zip.close", "main"])
        view.order = .total
        #expect(view.arranged(Self.rows).map(\.name) == ["main", "parse", "Zip.close"])
        view.order = .name
        #expect(view.arranged(Self.rows).map(\.name) == ["Zip.close", "main", "parse"])
        view.filter = "ZIP"
        #expect(view.arranged(Self.rows).map(\.name) == ["Zip.close"])
        view.filter = "json/"
        #expect(view.arranged(Self.rows).map(\.name) == ["parse"])
    }

    private func picture(rows: [LiveRow] = rows, threads: Int = 2) -> LivePicture {
        let process = ProfiledProcess(pid: 7, command: "app", version: PythonVersion(3, 13, 5))
        let list = (0..<threads).map { number in
            LiveThreadRow(
                thread: LiveThread(pid: 7, tid: Int32(number), threadID: UInt64(number), name: "w", leaf: 0),
                gil: 0, cpu: 0, idle: 1, place: Frame(file: "/a/b.py", name: "get", line: 3))
        }
        return LivePicture(rows: rows, threads: list, processes: [process], samples: 10, gil: 0.5, rate: 100)
    }

    /// Whatever the size, no line is wider than the screen and there are no more than it has.
    @Test(arguments: [(80, 24), (200, 60), (40, 10), (20, 5), (20, 2), (20, 1), (100, 3)])
    func fits(columns: Int, rows: Int) {
        let many = (0..<100).map { LiveRow(name: "名前_\($0)", file: "/päth/\($0).py", line: $0, own: 0.01, total: 0.01) }
        for help in [false, true] {
            for text in [LiveText(isUnicode: true, hasAttributes: false), LiveText(isUnicode: false, hasAttributes: false)] {
                var view = LiveView()
                view.showsHelp = help
                view.message = "a message"
                for offset in [0, 50, Int.max] {
                    view.offset = offset
                    let screen = text.screen(picture(rows: many, threads: 30), view, columns: columns, rows: rows)
                    #expect(screen.lines.count == rows)
                    for line in screen.lines { #expect(CellText.width(line) <= columns, "\(line)") }
                    #expect(screen.offset + screen.page <= 100 || screen.offset == 0)
                }
            }
        }
    }

    @Test func whatItSays() {
        let text = LiveText(isUnicode: true, hasAttributes: false)
        let lines = text.screen(picture(), LiveView(), columns: 100, rows: 20).lines
        #expect(lines[0].hasPrefix("pyflame  app, PID 7, Python 3.13.5 ") && lines[0].hasSuffix("100.0 Hz  0:00:00"))
        #expect(lines[1].hasPrefix("GIL held 50.0 % "))
        #expect(lines.contains { $0.hasPrefix("  50.0 %   60.0 %  parse ") && $0.contains("/src/json/decoder.py:10") })
        #expect(lines.contains { $0.contains("▼SELF") })
        #expect(lines.last?.contains("gil threads | last 5 s | by function") == true)
    }

    /// The names are the target's: nothing in them reaches the terminal as a command.
    @Test func hostileNames() {
        let evil = "\u{1b}[2J\u{9b}31m\n\u{202e}x"
        let row = LiveRow(name: evil, file: evil, line: 1, own: 1, total: 1)
        for attributes in [false, true] {
            let text = LiveText(isUnicode: true, hasAttributes: attributes)
            for line in text.screen(picture(rows: [row]), LiveView(), columns: 100, rows: 20).lines {
                #expect(!line.contains("\u{1b}[2J") && !line.contains("\u{9b}") && !line.contains("\n"))
                #expect(!line.unicodeScalars.contains("\u{202e}"))
            }
        }
    }

    @Test func textInCells() {
        let cells = CellText(isUnicode: true)
        #expect(cells.fit("abc", 5) == "abc  " && cells.fit("abc", 5, isRight: true) == "  abc")
        #expect(cells.fit("abcdef", 4) == "abc…" && cells.fit("abcdef", 4, keepsEnd: true) == "…def")
        #expect(cells.fit("漢字漢字", 6) == "漢字… " && CellText.width("漢字e\u{301}") == 5)
        #expect(CellText(isUnicode: false).safe("é漢x") == "??x")
    }
}
