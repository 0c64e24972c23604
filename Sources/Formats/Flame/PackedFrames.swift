import FrameDecoding
import Output
import Profiles

/// The frames of a page: their names, files and packages as JSON, each text once. As untrusted
/// names they are shown with escapes in place of what could hide or reorder text.
struct PackedFrames {
    /// What is said of a file.
    struct File {
        /// As it is shown.
        var path: String
        var shortPath: String
        var package: Int
    }

    private struct FileKey: Hashable {
        var kind: FrameKind
        var path: String
    }

    private var files: [File] = []
    private var packages: [String: [String: Int]] = [:]
    private var packageList: [(kind: String, name: String)] = []
    private var names: [String] = []
    private var nameIndex: [String: Int] = [:]
    private var fileIndex: [FileKey: Int] = [:]
    private var labels = PackedText()
    /// By index of a frame: its label, in the order of first use.
    private var labelOfFrame: [Int?]
    private(set) var frameOfLabel: [FrameID] = []
    private var fileOfLabel: [Int] = []
    private var colourOfLabel: [Int] = []
    private var colours: [String] = []
    private var colourIndex: [String: Int] = [:]
    private let frames: FrameTable
    private let lineNumbers: Bool

    init(frames: FrameTable, lineNumbers: Bool) {
        self.frames = frames
        self.lineNumbers = lineNumbers
        labelOfFrame = [Int?](repeating: nil, count: frames.count)
    }

    /// The number under which the page knows a frame.
    mutating func label(of id: FrameID) -> Int {
        if let known = labelOfFrame[Int(id.index)] { return known }
        let frame = frames[id]
        let file = file(of: frame)
        let colour = colour(of: frame)
        labels.append(name(frame.name))
        labels.append(file)
        labels.append(lineNumbers ? frame.line : 0)
        labels.append(lineNumbers ? frame.firstLine : 0)
        labels.append(colour)
        labels.append(FrameKind.allCases.firstIndex(of: frame.kind) ?? 0)
        let label = frameOfLabel.count
        frameOfLabel.append(id)
        fileOfLabel.append(file)
        colourOfLabel.append(colour)
        labelOfFrame[Int(id.index)] = label
        return label
    }

    /// The file of a frame that has a label.
    mutating func file(_ id: FrameID) -> File { files[fileOfLabel[label(of: id)]] }

    /// The number of the file of a frame; nil for one that has no label yet.
    func fileIndex(of id: FrameID) -> Int? { labelOfFrame[Int(id.index)].map { fileOfLabel[$0] } }

    /// The colour of a frame that has a label.
    mutating func colour(_ id: FrameID) -> String { colours[colourOfLabel[label(of: id)]] }

    /// A package's kind, as `CodeOrigin.Kind` has it or `none`, and its name.
    func package(_ index: Int) -> (kind: String, name: String) { packageList[index] }

    private mutating func name(_ name: String) -> Int {
        if let known = nameIndex[name] { return known }
        names.append(sanitised(name, isSentence: true))
        nameIndex[name] = names.count - 1
        return names.count - 1
    }

    private mutating func file(of frame: Frame) -> Int {
        // One file may be of several kinds, and what is no code has none.
        let key = FileKey(kind: frame.kind, path: frame.file)
        if let known = fileIndex[key] { return known }
        var shown = frame
        shown.file = sanitised(frame.file, isSentence: true)
        if let origin = CodeOrigin(shown) {
            files.append(
                File(
                    path: shown.file, shortPath: origin.shortPath,
                    package: package(origin.kind.rawValue, origin.package)))
        } else {
            let name = frame.kind == .label ? "" : frame.name
            files.append(File(path: "", shortPath: "", package: package("none", name)))
        }
        fileIndex[key] = files.count - 1
        return files.count - 1
    }

    private mutating func colour(of frame: Frame) -> Int {
        let colour = FrameColour.of(frame)
        if let known = colourIndex[colour] { return known }
        colours.append(colour)
        colourIndex[colour] = colours.count - 1
        return colours.count - 1
    }

    private mutating func package(_ kind: String, _ name: String) -> Int {
        if let known = packages[kind]?[name] { return known }
        packageList.append((kind, name))
        packages[kind, default: [:]][name] = packageList.count - 1
        return packageList.count - 1
    }

    /// Members of a JSON object, without its braces.
    var json: String {
        let files = files.map {
            "[\(jsonString($0.path)),\(jsonString($0.shortPath)),\($0.package)]"
        }
        let packages = packageList.map { "[\"\($0.kind)\",\(jsonString($0.name))]" }
        return "\"names\":[\(names.map { jsonString($0) }.joined(separator: ","))],\n"
            + "\"files\":[\(files.joined(separator: ","))],\n"
            + "\"colours\":[\(colours.map { "\"\($0)\"" }.joined(separator: ","))],\n"
            + "\"kinds\":[\(FrameKind.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ","))],\n"
            + "\"packages\":[\(packages.joined(separator: ","))],\n"
            + "\"labels\":\"\(labels.base64)\""
    }
}

extension CallTree {
    /// The nodes below the root for a page: how far back its parent is, and its label.
    func packed(_ frames: inout PackedFrames) -> String {
        var nodes = PackedText()
        for index in 1..<max(count, 1) {
            let node = Node(index: UInt32(index))
            nodes.append(index - Int(parent(of: node).index))
            nodes.append(frames.label(of: frame(of: node)))
        }
        return nodes.base64
    }
}

/// JSON that may stand in a script element, in HTML as in a CDATA section of XML: no name ends it.
func scriptSafe(_ json: String) -> String {
    var safe = ""
    safe.reserveCapacity(json.utf8.count)
    for scalar in json.unicodeScalars {
        switch scalar {
        case "<": safe += "\\u003c"
        case ">": safe += "\\u003e"
        case "&": safe += "\\u0026"
        // XML 1.0 has no way to write these.
        case "\u{fffe}", "\u{ffff}": safe += "\\u" + hexadecimal(scalar.value, digits: 4)
        default: safe.unicodeScalars.append(scalar)
        }
    }
    return safe
}
