import FrameDecoding

/// Folded stacks: a stack with `;` between its frames, root first, a blank and a count.
///
/// Lines that begin with `#` are remarks (Austin writes some). Frames of pyflame and Austin
/// (`file:name:line`) and py-spy (`name (file:line)`) are understood; others stay the texts that they are.
struct FoldedReader {
    private let reader: ProfileReader
    private let thread = ThreadState(address: 0, interpreter: 0, threadID: 0, nativeThreadID: nil)

    init(_ reader: ProfileReader) { self.reader = reader }

    func read(_ file: InputFile, into sink: any SampleSink) throws -> RunSummary {
        var replay = StackReplay(into: sink, interval: reader.interval)
        /// By text: most frames come many times.
        var known: [ArraySlice<UInt8>: FrameID] = [:]
        var number = 0
        while let line = try file.line() {
            number += 1
            let trimmed = Self.trimmed(line)
            guard let first = trimmed.first, first != UInt8(ascii: "#") else { continue }
            guard let (stack, count) = Self.split(trimmed) else {
                throw ProfileReadError(
                    reader.name, line: number,
                    "a stack and a number of samples are expected, as in \"main.py:f:1;main.py:g:5 42\"; it is "
                        + "\"\(sanitised(String(decoding: trimmed.prefix(60), as: UTF8.self), isSentence: true))\"")
            }
            guard count > 0 else { continue }
            guard stack.lazy.filter({ $0 == UInt8(ascii: ";") }).count < ProfileReader.deepestStack else {
                throw ProfileReadError(
                    reader.name, line: number, "its stack has more than \(ProfileReader.deepestStack) frames")
            }
            let outcome = Sample.Outcome(stack: String(decoding: stack.prefix(10), as: UTF8.self)) ?? outcome(stack, &known)
            guard replay.record(outcome, pid: 0, count: count) else {
                throw ProfileReadError(reader.name, line: number, "the counts add up to more than 2^53")
            }
        }
        return replay.summary
    }

    private func outcome(_ stack: ArraySlice<UInt8>, _ known: inout [ArraySlice<UInt8>: FrameID]) -> Sample.Outcome {
        let ids = stack.split(separator: UInt8(ascii: ";")).map { text in
            if let id = known[text] { return id }
            let id = reader.frames.intern(Frame(folded: String(decoding: text, as: UTF8.self)))
            // A copy of its own, as the line's buffer is used again.
            known[ArraySlice(Array(text))] = id
            return id
        }
        return .stacks([
            ThreadSample(thread: thread, name: "all threads", isHolder: true, frames: ids.reversed())
        ])
    }

    private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var line = line.drop { $0 <= 0x20 }
        while let last = line.last, last <= 0x20 { line = line.dropLast() }
        return line
    }

    /// The stack and its count, which may have a fraction in files of other tools.
    private static func split(_ line: ArraySlice<UInt8>) -> (stack: ArraySlice<UInt8>, count: Int)? {
        guard let blank = line.lastIndex(where: { $0 == 0x20 || $0 == 0x09 }) else { return nil }
        let stack = trimmed(line[..<blank])
        let digits = String(decoding: line[(blank + 1)...], as: UTF8.self)
        guard !stack.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2e }) else { return nil }
        if let count = Int(digits) { return (stack, count) }
        guard let number = Double(digits), let count = Int(exactly: number.rounded()) else { return nil }
        return (stack, count)
    }
}

extension Frame {
    /// The frame that a text of a folded stack means; a label when it is none that is known.
    init(folded text: String) {
        self = Self.nameFirst(text) ?? Self.placeFirst(text) ?? .label(text)
    }

    /// `file:name:line`, or `file:name` where the file is Python's without a doubt.
    private static func placeFirst(_ text: String) -> Frame? {
        guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")) else { return nil }
        let head = text[..<colon]
        let tail = text[text.utf8.index(after: colon)...]
        guard let line = number(tail) else {
            let isPython = head.hasSuffix(".py") || head.hasSuffix(".pyc") || (head.hasPrefix("<") && head.hasSuffix(">"))
            let isName = !tail.isEmpty && !tail.utf8.contains { [0x20, 0x28, 0x29].contains($0) }
            return isPython && isName ? Frame(file: String(head), name: String(tail), line: 0) : nil
        }
        guard let middle = head.utf8.lastIndex(of: UInt8(ascii: ":")) else { return nil }
        let file = head[..<middle]
        let name = head[head.utf8.index(after: middle)...]
        // `ns::f:3` is somebody else's; the code of `:f:3` has no file.
        guard !file.hasSuffix(":"), !name.isEmpty else { return nil }
        return Frame(file: String(file), name: String(name), line: line)
    }

    /// `name (file:line)`
    private static func nameFirst(_ text: String) -> Frame? {
        guard text.hasSuffix(")"), let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")),
            let line = number(text[text.utf8.index(after: colon)...].dropLast())
        else { return nil }
        let head = text[..<colon]
        guard let parenthesis = head.utf8.lastIndex(of: UInt8(ascii: "(")),
            parenthesis > head.startIndex
        else { return nil }
        let before = head.utf8.index(before: parenthesis)
        let file = head[head.utf8.index(after: parenthesis)...]
        guard head.utf8[before] == 0x20, before > head.startIndex, !file.isEmpty else { return nil }
        return Frame(file: String(file), name: String(head[..<before]), line: line)
    }

    private static func number(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let line = Int32(text)
        else { return nil }
        return Int(line)
    }
}
