import Foundation
import FrameDecoding

/// What a program says of its own threads (see fixtures/programs/awkward.py).
public struct Truth: Decodable, Sendable {
    public struct Frame: Decodable, Sendable {
        public var file: String
        public var name: String
        public var line: Int?

        /// As pyflame prints it: hostile characters escaped, and 0 for no line.
        public func text(lineNumbers: Bool) -> String {
            sanitised(file) + ":" + sanitised(name) + (lineNumbers ? ":\(line ?? 0)" : "")
        }
    }
    public struct Thread: Decodable, Sendable {
        public var id: UInt64
        public var label: String
        public var frames: [Frame]
    }
    public var threads: [Thread]
    /// The thread that wrote this down; it moved on afterwards.
    public var witness: UInt64
}

/// `--dump` by thread id, leaf first.
public func parseDump(_ text: String) -> [UInt64: [String]] {
    var stacks: [UInt64: [String]] = [:]
    for block in text.components(separatedBy: "\n\n") {
        let lines = block.split(separator: "\n").map(String.init)
        guard let head = lines.first, let id = UInt64(head.prefix { $0.isNumber }) else { continue }
        stacks[id] = Array(lines.dropFirst())
    }
    return stacks
}
