import FrameDecoding
import Glibc
import System

/// Struct layouts of one build: from what was kept of an earlier run, and from DWARF for what was not asked then.
final class KeptStructs: StructLayouts {
    private let buildID: [UInt8]
    private let cache: LayoutCache?
    private var answers: LayoutAnswers
    private let open: () -> (any StructLayouts)?
    private var dwarf: (any StructLayouts)?
    private var isOpen = false

    private func opened() -> (any StructLayouts)? {
        if !isOpen { dwarf = timed(open) }
        isOpen = true
        return dwarf
    }

    /// Gives the memory back that DWARF takes; asked again, it is opened again.
    func close() {
        dwarf = nil
        isOpen = false
    }
    /// What finding answers has taken in this run, in nanoseconds.
    private var spent: UInt64 = 0
    private var isChanged = false

    /// What takes less is not worth a file: ordinary DWARF gives all answers in a millisecond or so.
    private static let worthKeeping: UInt64 = 10_000_000

    /// `open` gives the DWARF of the build; nil when there is none, and nothing was kept either.
    init?(buildID: [UInt8], cache: LayoutCache?, open: @escaping () -> (any StructLayouts)?) {
        self.buildID = buildID
        // Without a build-id nothing tells which file an answer belongs to.
        self.cache = buildID.count >= 4 ? cache : nil
        self.open = open
        let kept = self.cache?.load(buildID)
        answers = kept ?? LayoutAnswers()
        if kept == nil, opened() == nil { return nil }
    }

    func offset(of member: String, in type: String) -> Int? {
        answer("offset \(type) \(member)") { $0.offset(of: member, in: type).map { [$0] } }.first
    }

    func size(of type: String) -> Int? {
        answer("size \(type)") { $0.size(of: type).map { [$0] } }.first
    }

    func bits(of member: String, in type: String) -> (offset: Int, width: Int)? {
        let numbers = answer("bits \(type) \(member)") {
            $0.bits(of: member, in: type).map { [$0.offset, $0.width] }
        }
        return numbers.count == 2 ? (numbers[0], numbers[1]) : nil
    }

    func keepAnswers() {
        guard isChanged, spent >= Self.worthKeeping else { return }
        isChanged = false
        cache?.store(answers, buildID)
    }

    private func answer(_ question: String, _ find: (any StructLayouts) -> [Int]?) -> [Int] {
        if let known = answers[question] { return known }
        guard let dwarf = opened() else { return [] }
        let found = timed { find(dwarf) } ?? []
        answers[question] = found
        isChanged = true
        return found
    }

    private func timed<Result>(_ body: () -> Result) -> Result {
        let start = Self.now()
        defer { spent &+= Self.now() &- start }
        return body()
    }

    private static func now() -> UInt64 { monotonicNow() }
}
