import FrameDecoding
import Output

/// What grew and what shrank between two profiles, function by function, as text.
///
/// A share is of its own profile's samples, so profiles of different lengths compare. `self` is what was
/// spent in the function itself, `total` with all that it called, counted once in each stack.
struct ComparisonTable {
    private struct Row {
        var name: String
        /// Shares in percent, before and after.
        var own: (before: Double, after: Double)
        var total: (before: Double, after: Double)
        var change: Double { own.after - own.before }
    }

    /// Rows of each kind: what grew, what shrank.
    static let rowLimit = 25
    /// In percentage points; less is noise, and would show as 0.0.
    private static let leastChange = 0.05

    private let rows: [Row]

    init(_ profile: CallProfile) {
        let profile = profile.folded(byName: true)
        let now = Self.sums(profile, profile.counts)
        let before = Self.sums(profile, profile.before ?? [])
        rows = (0..<profile.frames.count).map { index in
            let frame = profile.frames[FrameID(index: UInt32(index))]
            func percent(_ part: Int, _ whole: Int) -> Double { 100 * Double(part) / Double(max(whole, 1)) }
            let place = CodeOrigin(frame).map { "  \($0.shortPath)" } ?? ""
            return Row(
                name: sanitised(frame.name + place, isSentence: true),
                own: (percent(before.own[index], before.all), percent(now.own[index], now.all)),
                total: (percent(before.total[index], before.all), percent(now.total[index], now.all)))
        }
    }

    /// By index of a frame: samples in it, and in it or what it called.
    private static func sums(_ profile: CallProfile, _ counts: [Int]) -> (own: [Int], total: [Int], all: Int) {
        let tree = profile.tree
        let totals = profile.totals(counts)
        var own = [Int](repeating: 0, count: profile.frames.count)
        var total = own
        let order = SortedTree(tree)
        /// How often each function is in the path to the present node.
        var depths = [Int](repeating: 0, count: profile.frames.count)
        // A node is met twice: when its calls begin and when they have ended.
        var pending = order.children(of: 0).map { (node: $0, isDone: false) }
        while let (node, isDone) = pending.popLast() {
            let frame = Int(tree.frame(of: CallTree.Node(index: node)).index)
            if isDone {
                depths[frame] -= 1
                continue
            }
            own[frame] &+= counts[Int(node)]
            if depths[frame] == 0 { total[frame] &+= totals[Int(node)] }
            depths[frame] += 1
            pending.append((node, true))
            for child in order.children(of: node) { pending.append((child, false)) }
        }
        return (own, total, totals.first ?? 0)
    }

    var text: String {
        let grown = rows.filter { $0.change >= Self.leastChange }.sorted { ($1.change, $0.name) < ($0.change, $1.name) }
        let shrunk = rows.filter { $0.change <= -Self.leastChange }.sorted { ($0.change, $0.name) < ($1.change, $1.name) }
        guard !grown.isEmpty || !shrunk.isEmpty else { return "No function's share changed by 0.05 points or more.\n" }
        var text = "self, %                  total, %\n"
        text += " before   after  change   before   after  function\n"
        for (rows, rest) in [(grown, "that grew"), (shrunk, "that shrank")] {
            for row in rows.prefix(Self.rowLimit) {
                text += number(row.own.before) + number(row.own.after)
                text += number(row.change, signed: true) + " " + number(row.total.before)
                text += number(row.total.after) + "  \(row.name)\n"
            }
            if rows.count > Self.rowLimit { text += "and \(rows.count - Self.rowLimit) more \(rest)\n" }
        }
        return text
    }

    private func number(_ value: Double, signed: Bool = false) -> String {
        let digits = (signed && value > 0 ? "+" : "") + NumberText.fixed(value, places: 1)
        return String(repeating: " ", count: max(7 - digits.utf8.count, 0)) + digits
            + (signed ? "" : " ")
    }
}

extension Comparison {
    /// Writes a table of what grew and what shrank.
    package func writeTable(before: String, after: String, into output: ProfileOutput) throws {
        func line(_ label: String, _ name: String, _ count: Int) -> String {
            "\(label)\(sanitised(name, isSentence: true)), \(NumberText.counted(count, "sample"))\n"
        }
        var text = line("before: ", before, samples.before) + line("after:  ", after, samples.after)
        text += "Shares are of each profile's own samples; the change is in points.\n\n"
        try output.write(text + ComparisonTable(profile).text)
    }
}
