import FrameDecoding
import TargetMemory

/// Stacks in a section: the texts, the distinct frames (by numbers of texts), then the threads (by
/// numbers of frames), then the kinds of the frames. Recordings of older versions end before the kinds: all
/// their frames are Python's.
enum StackCoding {
    private static let mostThreads = 1 << 16
    private static let deepest = 1 << 16
    private static let isHolder = 1
    /// A kind's number in the file is its place here, so new ones are added at the end.
    private static let kinds: [FrameKind] = [.python, .native, .label, .idle, .failed, .omitted]

    static func encoded(_ threads: [RecordedThread]) -> [UInt8] {
        var texts = Numbering<String>()
        var frames = Numbering<Frame>()
        var body = ByteWriter()
        body.number(threads.count)
        for thread in threads {
            body.number(thread.id)
            body.number(thread.address)
            body.number(thread.isHolder ? isHolder : 0)
            body.number(Int(thread.tid ?? 0))
            body.number(texts.number(thread.label))
            body.number(thread.frames.count)
            for frame in thread.frames { body.number(frames.number(frame)) }
        }
        var table = ByteWriter()
        table.number(frames.items.count)
        for frame in frames.items {
            table.number(texts.number(frame.file))
            table.number(texts.number(frame.name))
            table.number(frame.line)
            table.number(frame.firstLine)
        }
        for frame in frames.items { body.number(kinds.firstIndex(of: frame.kind) ?? 0) }
        var head = ByteWriter()
        head.number(texts.items.count)
        for text in texts.items { head.text(text) }
        return head.bytes + table.bytes + body.bytes
    }

    static func decoded(_ content: [UInt8]) throws(RecordingError) -> [RecordedThread] {
        var reader = ByteReader(content)
        var texts: [String] = []
        for _ in 0..<(try reader.count(ofAtLeast: 1)) { texts.append(try reader.text()) }
        func text() throws(RecordingError) -> String {
            texts[try reader.number(upTo: texts.count - 1)]
        }
        var table: [Frame] = []
        for _ in 0..<(try reader.count(ofAtLeast: 4)) {
            let file = try text()
            let name = try text()
            let line = try reader.number(upTo: Int(Int32.max))
            let firstLine = try reader.number(upTo: Int(Int32.max))
            table.append(Frame(file: file, name: name, line: line, firstLine: firstLine))
        }
        var threads: [RecordedThread] = []
        let count = try reader.count(ofAtLeast: 6)
        guard count <= mostThreads else { throw .damaged("\(count) threads are too many") }
        var stacks: [[Int]] = []
        for _ in 0..<count {
            var thread = RecordedThread(
                id: try reader.number(), address: try reader.number(),
                isHolder: try reader.number(upTo: isHolder) == isHolder, tid: nil, label: "", frames: [])
            let tid = try reader.number(upTo: Int(Int32.max))
            thread.tid = tid == 0 ? nil : Int32(tid)
            thread.label = try text()
            let depth = try reader.count(ofAtLeast: 1)
            guard depth <= deepest else { throw .damaged("a stack of \(depth) frames is too deep") }
            var stack: [Int] = []
            for _ in 0..<depth { stack.append(try reader.number(upTo: table.count - 1)) }
            stacks.append(stack)
            threads.append(thread)
        }
        if !reader.isAtEnd {
            for index in table.indices { table[index].kind = kinds[try reader.number(upTo: kinds.count - 1)] }
        }
        for index in threads.indices { threads[index].frames = stacks[index].map { table[$0] } }
        return threads
    }

    /// Numbers things in the order in which they come.
    private struct Numbering<Item: Hashable> {
        private(set) var items: [Item] = []
        private var numbers: [Item: Int] = [:]

        mutating func number(_ item: Item) -> Int {
            if let known = numbers[item] { return known }
            numbers[item] = items.count
            items.append(item)
            return items.count - 1
        }
    }
}
