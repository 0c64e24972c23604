import FrameDecoding
import Output
import Profiles

/// The source files of a report: those with the most samples, within bounds, each as the processes see it in which its
/// code was seen.
struct ReportSources {
    static let fileLimit = 200
    static let byteLimit = 4 << 20
    /// Characters of a line of source.
    static let lineLimit = 400
    /// Different files of one name that are shown.
    static let variantLimit = 16
    /// Processes of one place that are asked for a file in turn.
    private static let askedLimit = 4

    private(set) var json = "[]"

    /// `counts` are samples by leaf; `processes` tells which processes, by index into the log's, each file was seen in;
    /// `files` gives the number under which the page knows a frame's file.
    init(
        log: SampleLog, counts: [Int], frames: FrameTable, reader: any SourceFiles,
        files: (FrameID) -> Int?
    ) {
        var entries: [String] = []
        var left = Self.byteLimit
        let hottest = Self.hottest(log.tree, counts, frames, files).prefix(Self.fileLimit)
        let processes = FileProcesses(log, files: files)
        for file in hottest {
            let variants = Self.variants(of: file.path, in: processes.of(file.index), log, reader)
            for variant in variants {
                var source = variant.source
                if let text = source.text, text.utf8.count > left {
                    source = SourceText(text: nil, note: "the report has no room for its source")
                }
                left -= source.text?.utf8.count ?? 0
                let text = source.text.map { jsonString(Self.cut($0)) } ?? "null"
                let owners = variants.count == 1 ? "null" : "[\(variant.processes.map(String.init).joined(separator: ","))]"
                entries.append(
                    "[\(file.index),\(text),\(jsonString(sanitised(source.note, isSentence: true))),\(owners)]")
            }
        }
        json = "[\(entries.joined(separator: ",\n"))]"
    }

    /// A file as some processes see it: indices into the log's processes.
    private struct Variant {
        var source: SourceText
        var processes: [Int]
    }

    /// Mostly one: processes with the same root and rights see the same file, and others as a rule a copy of it.
    private static func variants(
        of path: String, in processes: [Int], _ log: SampleLog, _ reader: any SourceFiles
    ) -> [Variant] {
        var variants: [Variant] = []
        let places = Dictionary(grouping: processes) { reader.place(of: log.processes[$0]) ?? -1 }
        for place in places.sorted(by: { $0.value[0] < $1.value[0] }) {
            var source = SourceText(text: nil)
            for process in place.value.prefix(askedLimit) where source.text == nil {
                source = reader.read(path, of: log.processes[process])
            }
            if let same = variants.firstIndex(where: { $0.source == source }) {
                variants[same].processes += place.value
            } else if variants.count < variantLimit {
                variants.append(Variant(source: source, processes: place.value))
            }
        }
        return variants
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
