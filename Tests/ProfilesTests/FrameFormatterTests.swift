import FrameDecoding
import Testing

@testable import Profiles

struct FrameFormatterTests {
    private func text(_ file: String, _ name: String, _ line: Int, lineNumbers: Bool = true) -> String {
        let frames = FrameTable()
        let id = frames.intern(Frame(file: file, name: name, line: line))
        let formatter = FrameFormatter(frames: frames, lineNumbers: lineNumbers)
        #expect(formatter.text(id) == formatter.text(id))
        return formatter.text(id)
    }

    @Test func framesAsText() {
        #expect(text("/a/b.py", "f", 12) == "/a/b.py:f:12")
        #expect(text("/a/b.py", "f", 0) == "/a/b.py:f:0")
        #expect(text("/a/b.py", "f", 12, lineNumbers: false) == "/a/b.py:f")
        #expect(text("<string>", "größe.<locals>.変数", 1) == "<string>:größe.<locals>.変数:1")
    }

    @Test(arguments: [
        ("a;b", "a\\x3bb"), ("a\nb", "a\\nb"), ("\r\n", "\\r\\n"), ("\t", "\\t"), ("\0", "\\x00"),
        ("\u{1b}[31m", "\\x1b[31m"), ("\u{7f}", "\\x7f"), ("\u{9b}31m", "\\x9b31m"),
        ("\u{85}", "\\x85"), ("a\u{2028}b\u{2029}", "a\\u2028b\\u2029"),
        ("\u{202e}x\u{2066}\u{200f}", "\\u202ex\\u2066\\u200f"), ("e\u{301}", "e\u{301}"),
    ])
    func nothingBreaksALineOrReachesATerminal(name: String, expected: String) {
        #expect(text("f", name, 1) == "f:\(expected):1")
        #expect(text(name, "f", 1) == "\(expected):f:1")
    }
}
