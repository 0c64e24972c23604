import Foundation
import FrameDecoding
import TestSupport
import Testing

@testable import Formats
@testable import Profiles

/// What a browser makes of an SVG flame graph.
@Suite(.serialized) struct PictureTests {
    private static let stacks = [
        "/p/a.py:main:1;/p/a.py:work:10;/p/lib/python3.11/json/decoder.py:decode:30 40",
        "/p/a.py:main:2;/p/a.py:work:11 20", "/p/a.py:main:2;/p/a.py:rest:20 30", "/p/b.py:other:5 10",
    ]

    /// Names and widths of what is drawn, as `name width`, widths in hundredths of the picture.
    private static let drawn = """
        (() => { const all = document.documentElement.clientWidth - 24;
        return [...document.querySelectorAll('.frames g')].map((g) => {
          const text = g.querySelector('text');
          const width = (Number(g.querySelector('rect').getAttribute('width')) + 0.6) * 100 / all;
          return (text ? text.firstChild.data : '?') + ' ' + Math.round(width); }).sort(); })()
        """

    private func open(
        _ profile: CallProfile, title: String = "app", options: FlameGraphSVG.Options = .init(),
        dark: Bool = false, _ body: (Browser) throws -> Void
    ) throws {
        if let missing = Browser.missing {
            print("NOT TESTED: flame graphs in a browser: \(missing)")
            return
        }
        let folder = try Folder()
        var bytes: [UInt8] = []
        try FlameGraphSVG(profile, caption: PictureCaption(title: title, details: ""), options: options)
            .write(into: ProfileOutput { bytes += $0 })
        _ = FileManager.default.createFile(atPath: folder.file("x.svg"), contents: Data(bytes))
        let browser = try Browser.open(folder.file("x.svg"), dark: dark)
        try body(browser)
        try browser.expectQuiet()
    }

    private func clickFrame(_ browser: Browser, _ name: String) throws {
        let place: [Double] = try browser.value(
            """
            (() => { const g = [...document.querySelectorAll('.frames g')].find((g) => g.textContent.startsWith('\(name)'));
            const box = g.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]; })()
            """)
        try browser.click(place[0], place[1])
    }

    private static let all = ["decode 40", "main 90", "other 10", "rest 30", "work 60"]

    @Test func zoomAndBack() throws {
        try open(profile(Self.stacks)) { browser in
            #expect(try browser.value(Self.drawn) == Self.all)
            try clickFrame(browser, "work")
            let zoomed = ["decode 67", "main 100", "work 100"]
            #expect(try browser.value(Self.drawn) == zoomed)
            // Back to its caller, then to everything, by button and by key.
            try clickFrame(browser, "main")
            #expect(try browser.value(Self.drawn) == ["decode 44", "main 100", "rest 33", "work 67"])
            _ = try browser.value(
                "[...document.querySelectorAll('button')].find((b) => b.textContent === 'Reset zoom').click() ?? 1", Int.self)
            #expect(try browser.value(Self.drawn) == Self.all)
            try clickFrame(browser, "work")
            try browser.key("Escape")
            #expect(try browser.value(Self.drawn) == Self.all)
            // It fills the window, whichever size that has.
            try browser.tell("resize", ["width": 500, "height": 400])
            try browser.tell("wait", ["script": "document.documentElement.clientWidth === 500"])
            try browser.tell("wait", ["script": "\(Self.drawn).includes('main 90')"])
        }
    }

    @Test func searchSaysWhichShareMatches() throws {
        try open(profile(Self.stacks)) { browser in
            let matched = "document.querySelector('.matched').textContent"
            let marked = "[...document.querySelectorAll('.frames g')].filter((g) => g.querySelector('.match')).length"
            for (text, share, count) in [
                ("^(work|decode)$", "60.0 %", 2), ("b\\.py", "10.0 %", 1), ("json/dec", "40.0 %", 1),
                // Upper case matters when there is some; what is no regular expression is plain text.
                ("JSON", "0.0 %", 0), ("(", "0.0 %", 0),
            ] {
                try browser.key("f", ctrl: true)
                try browser.tell("type", ["text": text])
                #expect(try browser.value(matched) == "\(share) matched", "\(text)")
                #expect(try browser.value(marked) == count, "\(text)")
                try browser.key("Escape")
                #expect(try browser.value(matched, String.self).isEmpty)
            }
        }
    }

    @Test func functionsAndLines() throws {
        try open(profile(Self.stacks)) { browser in
            _ = try browser.value("document.querySelector('.frames').focus() ?? 1", Int.self)
            try browser.key("l")
            #expect(
                try browser.value(Self.drawn)
                    == ["decode 40", "main 40", "main 50", "other 10", "rest 30", "work 20", "work 40"])
            try browser.key("l")
            #expect(try browser.value(Self.drawn) == Self.all)
            let top = "Number(document.querySelector('.frames rect[class^=s]').getAttribute('y'))"
            let flame: Int = try browser.value(top)
            try browser.key("i")
            #expect(try browser.value(top) == flame + 2 * 17)
        }
        try open(profile(Self.stacks), options: .init(folding: .line, lineNumbers: false)) { browser in
            let names: [String] = try browser.value(Self.drawn)
            #expect(names == Self.all)
        }
    }

    @Test func theTipTellsSamplesShareAndLines() throws {
        try open(profile(Self.stacks)) { browser in
            try clickFrame(browser, "main")
            let tip = "[...document.querySelectorAll('.tip text')].map((text) => text.textContent)"
            #expect(
                try browser.value(tip) == [
                    "main", "/p/a.py", "lines 2 (55.6 %), 1 (44.4 %)", "90 samples, 90.0 % (100.0 % of what is shown)",
                ])
        }
    }

    @Test func theKeyboardGoesWhereTheMouseGoes() throws {
        try open(profile(Self.stacks)) { browser in
            _ = try browser.value("document.querySelector('.frames').focus() ?? 1", Int.self)
            let name = "document.querySelector('.tip .name').textContent"
            try browser.key("ArrowUp")
            #expect(try browser.value(name) == "main")
            try browser.key("ArrowRight")
            #expect(try browser.value(name) == "other")
            try browser.key("ArrowLeft")
            try browser.key("ArrowUp")
            #expect(try browser.value(name) == "work")
            try browser.key("Enter")
            #expect(try browser.value(Self.drawn) == ["decode 67", "main 100", "work 100"])
        }
    }

    @Test func hostileNamesAreOnlyText() throws {
        let hostile = CallProfile()
        for name in hostileNames { hostile.add(Frame(file: "/" + name, name: name, line: 1), count: 10) }
        try open(hostile, title: hostileNames[0]) { browser in
            let names: [String] = try browser.value(
                """
                [...document.querySelectorAll('.frames g')].map((g) => {
                  g.dispatchEvent(new MouseEvent('mousemove', { bubbles: true, clientX: 20, clientY: 300 }));
                  return document.querySelector('.tip .name').textContent; })
                """)
            #expect(Set(names) == Set(hostileNames.map { sanitised($0, isSentence: true) }))
            #expect(try browser.value("globalThis.hacked === undefined"))
            #expect(try browser.value("document.querySelectorAll('script').length") == 1)
        }
    }

    @Test func aComparisonShowsBoth() throws {
        let both = profile(["a:same:1 50 50", "a:grew:1 40 10", "a:gone:1 0 40", "a:new:1 10 0"], isComparison: true)
        try open(both) { browser in
            #expect(try browser.value(Self.drawn) == ["grew 40", "new 10", "same 50"])
            try browser.key("b")
            #expect(try browser.value(Self.drawn) == ["gone 40", "grew 10", "same 50"])
            let colours = "[...document.querySelectorAll('.frames g')].map((g) => g.textContent[0] + g.querySelector('rect').getAttribute('class')).sort()"
            #expect(try browser.value(colours) == ["gd0", "gd13", "sd7"])
        }
    }

    @Test func darkAndLight() throws {
        try open(profile(Self.stacks), dark: true) { browser in
            let paper = "getComputedStyle(document.querySelector('.paper')).fill"
            #expect(try browser.value(paper) == "rgb(20, 23, 28)")
            try browser.tell("scheme", ["dark": false])
            #expect(try browser.value(paper) == "rgb(255, 255, 255)")
        }
    }
}
