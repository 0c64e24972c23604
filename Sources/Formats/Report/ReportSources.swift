import FrameDecoding
import Output
import Profiles

/// The source files of a report: those with the most samples, within bounds.
struct ReportSources {
    static let fileLimit = 200
    static let byteLimit = 4 << 20
    /// Characters of a line of source.
    static let lineLimit = 400

    private(set) var json = "[]"

    /// `counts` are samples by leaf; `files` gives the number under which the page knows a frame's file.
    init(
        tree: CallTree, counts: [Int], frames: FrameTable, reader: any SourceFiles,
        files: (FrameID) -> Int?
    ) {
        var entries: [String] = []
        var left = Self.byteLimit
        for file in Self.hottest(tree, counts, frames, files).prefix(Self.fileLimit) {
            var source = reader.read(file.path)
            if let text = source.text, text.utf8.count > left {
                source = SourceText(text: nil, note: "the report has no room for its source")
            }
            left -= source.text?.utf8.count ?? 0
            let text = source.text.map { jsonString(Self.cut($0)) } ?? "null"
            entries.append("[\(file.index),\(text),\(jsonString(sanitised(source.note, isSentence: true)))]")
        }
        json = "[\(entries.joined(separator: ",\n"))]"
    }

    /// Files by samples of their code and all that it calls, a file's calls of itself not counted again.
    private static func hottest(
        _ tree: CallTree, _ counts: [Int], _ frames: FrameTable, _ files: (FrameID) -> Int?
    ) -> [(path: String, index: Int)] {
        var totals = counts
        for index in stride(from: tree.count - 1, to: 0, by: -1) {
            totals[Int(tree.parent(of: CallTree.Node(index: UInt32(index))).index)] += totals[index]
        }
        var weights: [Int: (path: String, samples: Int)] = [:]
        for index in 1..<max(tree.count, 1) where totals[index] > 0 {
            let node = CallTree.Node(index: UInt32(index))
            let frame = tree.frame(of: node)
            guard let file = files(frame) else { continue }
            let parent = tree.parent(of: node)
            let isOfCaller = parent != .root && files(tree.frame(of: parent)) == file
            weights[file, default: (frames[frame].file, 0)].samples += isOfCaller ? 0 : totals[index]
        }
        return weights.sorted { ($1.value.samples, $0.key) < ($0.value.samples, $1.key) }
            .map { ($0.value.path, $0.key) }
    }

    /// Without what would hide or reorder the rest, and no line longer than anyone reads.
    private static func cut(_ text: String) -> String {
        text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }.map { line in
            let short = line.count > lineLimit ? line.prefix(lineLimit) + "…" : line
            let tabbed = short.split(separator: "\t", omittingEmptySubsequences: false)
            return tabbed.map { sanitised(String($0), isSentence: true) }.joined(separator: "    ")
        }.joined(separator: "\n")
    }
}
