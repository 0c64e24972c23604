import FrameDecoding

/// What debug information (DWARF) answered to a decoder's questions.
public struct RecordedStructs: Equatable, Sendable {
    /// A question: a struct or typedef, and a member of it (none: its size).
    struct Question: Hashable, Sendable {
        var type: String
        var member: String?
        /// Asked for as a bit field.
        var isBits = false
    }
    struct Answer: Equatable, Sendable {
        /// Bytes or, of a bit field, bits.
        var value: Int
        /// Of a bit field, in bits.
        var width = 0
    }
    /// Whether the interpreter had debug information at all.
    public internal(set) var areKnown = false
    /// Only what was known: a question without an answer had none.
    var answers: [Question: Answer] = [:]

    public init() {}

    public var count: Int { answers.count }
}

/// Answers from a recording, where a decoder asks debug information.
final class ReplayedStructs: StructLayouts {
    private let recorded: RecordedStructs

    init(_ recorded: RecordedStructs) { self.recorded = recorded }

    func offset(of member: String, in type: String) -> Int? {
        recorded.answers[.init(type: type, member: member)]?.value
    }
    func size(of type: String) -> Int? { recorded.answers[.init(type: type)]?.value }
    func bits(of member: String, in type: String) -> (offset: Int, width: Int)? {
        recorded.answers[.init(type: type, member: member, isBits: true)].map { ($0.value, $0.width) }
    }
}

/// Hands questions on to debug information and notes the answers.
final class NotedStructs: StructLayouts {
    private let original: any StructLayouts
    private(set) var recorded = RecordedStructs()

    init(_ original: any StructLayouts) {
        self.original = original
        recorded.areKnown = true
    }

    func offset(of member: String, in type: String) -> Int? {
        let answer = original.offset(of: member, in: type)
        recorded.answers[.init(type: type, member: member)] = answer.map { .init(value: $0) }
        return answer
    }
    func size(of type: String) -> Int? {
        let answer = original.size(of: type)
        recorded.answers[.init(type: type)] = answer.map { .init(value: $0) }
        return answer
    }
    func bits(of member: String, in type: String) -> (offset: Int, width: Int)? {
        let answer = original.bits(of: member, in: type)
        recorded.answers[.init(type: type, member: member, isBits: true)] =
            answer.map { .init(value: $0.offset, width: $0.width) }
        return answer
    }
}
