/// What DWARF answered to questions about structs, as text that can be kept: one answer a line.
struct LayoutAnswers: Equatable {
    /// `offset TYPE MEMBER`, `size TYPE`, `bits TYPE MEMBER` to its numbers; none: there is no such thing.
    private(set) var answers: [String: [Int]] = [:]

    private static let title = "pyflame layouts 1 "
    /// Some dozen bytes for each of a few dozen questions; more is not ours.
    static let largestText = 1 << 18

    init() {}

    subscript(question: String) -> [Int]? {
        get { answers[question] }
        set { answers[question] = newValue }
    }

    /// The text of a file that belongs to the build.
    func text(buildID: [UInt8]) -> String {
        let lines = answers.sorted { $0.key < $1.key }.map { question, numbers in
            "\(question) = \(numbers.map(String.init).joined(separator: " "))\n"
        }
        let body = Self.title + BuildID.hexadecimal(buildID) + "\n" + lines.joined()
        return body + "sum \(Self.checksum(body.utf8))\n"
    }

    /// Nil unless the text is whole, of this format, and of this build.
    init?(text: String, buildID: [UInt8]) {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count >= 3, lines.removeLast().isEmpty, let sum = lines.popLast(),
            lines.first.map(String.init) == Self.title + BuildID.hexadecimal(buildID),
            sum == "sum \(Self.checksum((lines.joined(separator: "\n") + "\n").utf8))"
        else { return nil }
        for line in lines.dropFirst() {
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0].last == " " else { return nil }
            var numbers: [Int] = []
            for word in parts[1].split(separator: " ") {
                // No struct of an interpreter is as large as 16 MB.
                guard let number = Int(word), (0..<1 << 27).contains(number) else { return nil }
                numbers.append(number)
            }
            answers[String(parts[0].dropLast())] = numbers
        }
    }

    /// FNV-1a.
    private static func checksum(_ bytes: some Sequence<UInt8>) -> String {
        let sum: UInt64 = bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return String(sum, radix: 16)
    }
}
