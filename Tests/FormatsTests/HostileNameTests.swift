import Foundation
import FrameDecoding
import Profiles
import TestSupport
import Testing

@testable import Formats
@testable import Output

/// Names are the target's. What could hide or reorder text, or command a terminal, is an escape in every format.
struct HostileNameTests {
    private static let evil = "f\u{202e}\u{2066}\u{200b}\u{feff}\u{00ad}\u{e0041}\u{fff9}\u{2028}\u{1b}[2J\u{9b}31m\ng"
    private static let shown =
        "f\\u202e\\u2066\\u200b\\ufeff\\xad\\U000e0041\\ufff9\\u2028\\x1b[2J\\x9b31m\\ng"

    private func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        isDeceptive(scalar) || (scalar.value < 0x20 && !"\n\t".unicodeScalars.contains(scalar)) || (0x7f..<0xa0).contains(scalar.value)
    }

    private func written(_ format: OutputFormat) throws -> String {
        let frames = FrameTable()
        let sink = format.makeSink(FormatSettings(frames: frames, sources: NoSources()))
        sink.begin(ProfiledProcess(pid: 7, command: Self.evil, version: PythonVersion(3, 13, 0)))
        let frame = frames.intern(Frame(file: Self.evil, name: Self.evil, line: 3))
        let state = ThreadState(address: 1, interpreter: 1, threadID: 7, nativeThreadID: 7)
        let thread = ThreadSample(thread: state, tid: 7, name: Self.evil, isHolder: true, frames: [frame])
        sink.record(Sample(time: 0, pid: 7, outcome: .stacks([thread])))
        var bytes = try sink.bytes()
        if bytes.starts(with: [0x1f, 0x8b]) { bytes = try gunzip(bytes, limit: 1 << 20) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private final class NoSources: SourceFiles {
        func place(of process: Int32) -> Int? { nil }
        func read(_ path: String, of process: Int32) -> SourceText { SourceText(text: nil) }
    }

    @Test(arguments: OutputFormat.standard.map(\.name))
    func inEveryFormat(name: String) throws {
        let format = try #require(OutputFormat.standard.named(name))
        let text = try written(format)
        // A protocol buffer has control characters of its own.
        let harmful = text.unicodeScalars.filter(name == "pprof" ? isDeceptive : isHarmful)
        #expect(harmful.isEmpty, "\(name): \(harmful.map { String($0.value, radix: 16) })")
        if ["cpuprofile", "chrometrace", "speedscope", "firefox", "jsonl"].contains(name) {
            // Control characters are JSON's own escapes.
            let read = "f\\u202e\\u2066\\u200b\\ufeff\\xad\\U000e0041\\ufff9\\u2028\u{1b}[2J\u{9b}31m\ng"
            #expect(text.contains(jsonString(read)), "\(name)")
        } else {
            #expect(text.contains(Self.shown) || text.contains(jsonString(Self.shown)), "\(name)")
        }
    }

    /// JSON that is not a name keeps its text, but the file shows what is in it.
    @Test func jsonTextIsTheSameWhenRead() throws {
        let json = jsonString(Self.evil)
        #expect(!json.unicodeScalars.contains(where: isHarmful))
        #expect(try JSONDecoder().decode([String].self, from: Data("[\(json)]".utf8)) == [Self.evil])
    }

    @Test func whatPeopleWriteIsKept() {
        let text = "größe 名前 имя اسم 🐍 a\u{0301}"
        #expect(sanitised(text) == text && jsonName(text) == "\"\(text)\"")
    }
}
