import FrameDecoding
import TestSupport
import Testing

@testable import Formats
@testable import Output
@testable import Profiles

struct CallProfileTests {
    /// `a.py:main:1;a.py:work:2 5`: stacks root first, with samples.
    private func profile(_ lines: [String]) -> CallProfile {
        let scene = Scene()
        let profile = CallProfile(frames: scene.frames)
        for line in lines {
            let parts = line.split(separator: " ")
            profile.add(scene.thread(1, String(parts[0])).frames, count: Int(parts[1]) ?? 0)
        }
        return profile
    }

    /// Back again, sorted.
    private func lines(_ profile: CallProfile) -> [String] {
        (0..<profile.tree.count).compactMap { index -> String? in
            guard profile.counts[index] > 0 else { return nil }
            let path = profile.tree.pathRootFirst(to: CallTree.Node(index: UInt32(index)))
            let frames = path.map { profile.frames[profile.tree.frame(of: $0)] }
            return frames.map { "\($0.file):\($0.name):\($0.line)" }.joined(separator: ";")
                + " \(profile.counts[index])"
        }.sorted()
    }

    @Test func linesOfAFunctionFoldIntoOne() {
        let folded = profile(["a:m:1;a:f:2 3", "a:m:2;a:f:3 4", "a:m:1 1", "b:m:1 1"]).folded()
        #expect(lines(folded) == ["a:m:0 1", "a:m:0;a:f:0 7", "b:m:0 1"])
    }

    @Test func functionsOfOneNameStayApart() {
        let profile = CallProfile()
        for (line, first) in [(2, 1), (3, 1), (9, 8)] {
            let frame = Frame(file: "a", name: "<lambda>", line: line, firstLine: first)
            profile.add([profile.frames.intern(frame)])
        }
        #expect(profile.folded().tree.count == 3)
        #expect(profile.folded(byName: true).counts == [0, 3])
    }

    @Test func whatIsLeftOutKeepsItsSamples() {
        let all = profile(["a:m:1;a:f:2 50", "a:m:1;a:g:2;a:h:1 2", "a:m:1;a:g:2 3", "a:m:1;a:i:2 1", "b:m:1 1"])
        let pruned = all.pruned(to: 2)
        #expect(lines(pruned) == [":…:0 1", "a:m:1;:…:0 6", "a:m:1;a:f:2 50"])
        #expect(all.pruned(to: 6) === all)
    }

    @Test func callersAreKeptWithWhatTheyCall() {
        let deep = (1...50).map { "a:f\($0):1" }.joined(separator: ";")
        let pruned = profile(["\(deep) 7"]).pruned(to: 10)
        #expect(pruned.tree.count == 12)
        #expect(pruned.totals(pruned.counts).allSatisfy { $0 == 7 })
    }

    @Test func aComparisonPrunesByBoth() throws {
        let profile = CallProfile(isComparison: true)
        let frames = ["now", "then", "rare"].map { profile.frames.intern(Frame(file: "a", name: $0, line: 1)) }
        profile.add([frames[0]], count: 10)
        profile.add([frames[1]], count: 0, before: 9)
        profile.add([frames[2]], count: 1, before: 2)
        let pruned = profile.pruned(to: 2)
        #expect(pruned.counts == [0, 10, 0, 1])
        #expect(try #require(pruned.before) == [0, 0, 9, 2])
    }

    @Test(arguments: [
        ("/srv/app/site-packages/jinja2/environment.py", "library jinja2 jinja2/environment.py"),
        ("/usr/lib/python3/dist-packages/six.py", "library six six.py"),
        ("/v/lib/python3.11/site-packages/a-1.0-py3.egg/a/b.py", "library a a/b.py"),
        ("/usr/lib/python3.11/json/decoder.py", "standard json json/decoder.py"),
        ("/opt/py/lib/python3.13t/textwrap.py", "standard textwrap textwrap.py"),
        ("/usr/lib64/python2.7/os.py", "standard os os.py"),
        ("/usr/lib/python311.zip/json/decoder.py", "standard json json/decoder.py"),
        ("<frozen importlib._bootstrap>", "standard importlib <frozen importlib._bootstrap>"),
        ("<string>", "generated  <string>"), ("/srv/shop/orders.py", "own  orders.py"),
        ("/srv/shop/__init__.py", "own  shop/__init__.py"), ("app.py", "own  app.py"),
        ("/home/lib/python/x.py", "own  x.py"), ("", "own  "), ("/", "own  /"),
        ("/a/site-packages", "own  site-packages"), ("python3.11/x.py", "own  x.py"),
    ])
    func originOfCode(path: String, expected: String) {
        let origin = CodeOrigin(path: path)
        #expect("\(origin.kind.rawValue) \(origin.package) \(origin.shortPath)" == expected)
    }

    @Test func numbersPackAsBase64() {
        func packed(_ numbers: Int...) -> String {
            var text = PackedText()
            for number in numbers { text.append(number) }
            return text.base64
        }
        #expect(packed() == "")
        #expect(packed(0) == "AA==" && packed(127) == "fw==" && packed(128) == "gAE=" && packed(1, 2, 3) == "AQID")
        #expect(packed(.max) == "/////w8=" && packed(-5) == "AA==")
    }

    @Test func numbersAsText() {
        #expect([0, 999, 1000, 1_234_567, -1000].map(NumberText.count) == ["0", "999", "1,000", "1,234,567", "-1,000"])
        #expect(NumberText.fixed(-0.05, places: 1) == "-0.1" && NumberText.fixed(12.345, places: 2) == "12.35")
        #expect(NumberText.fixed(.infinity, places: 1) == "?" && NumberText.share(1, of: 0) == "0 %")
        #expect(NumberText.duration(5_000_000) == "5.0 ms" && NumberText.duration(245_000_000_000) == "4 min 5 s")
        #expect(NumberText.rate(10_000_000) == "100 Hz" && NumberText.rate(30_000_000) == "33.3 Hz")
    }
}
