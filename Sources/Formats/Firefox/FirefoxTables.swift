import FrameDecoding
import Output
import Profiles

/// Whose code a frame is, as the Firefox profiler colours it.
enum FirefoxCategory: Int, CaseIterable {
    // There has to be a grey one; the profiler takes it where it knows nothing.
    case other, own, library, standard, idle, native

    init(_ frame: Frame) {
        switch CodeOrigin(frame)?.kind {
        case .own: self = .own
        case .library: self = .library
        case .standard: self = .standard
        case .native: self = .native
        case .generated: self = .other
        case nil: self = frame.kind == .idle ? .idle : .other
        }
    }

    private var name: String {
        switch self {
        case .other: "Other"
        case .own: "Own code"
        case .library: "Installed packages"
        case .standard: "Standard library"
        case .idle: "Idle"
        case .native: "Native code"
        }
    }

    /// One of the colours that the profiler has names for.
    private var color: String {
        switch self {
        case .other: "grey"
        case .own: "orange"
        case .library: "blue"
        case .standard: "green"
        case .idle: "transparent"
        case .native: "purple"
        }
    }

    static let json: String =
        "["
        + allCases.map { "{\"name\":\"\($0.name)\",\"color\":\"\($0.color)\",\"subcategories\":[\"Other\"]}" }
        .joined(separator: ",") + "]"
}

/// The tables that all threads of a processed profile share (`RawProfileSharedData` in its version 60).
struct FirefoxTables {
    private let tree: CallTree
    private let frames: FrameTable
    private let lineNumbers: Bool
    private let functions: FunctionTable
    /// By index of a frame: that of its function.
    private let functionOfFrame: [Int]

    init(_ tree: CallTree, frames: FrameTable, lineNumbers: Bool) {
        self.tree = tree
        self.frames = frames
        self.lineNumbers = lineNumbers
        var functions = FunctionTable(frames: frames)
        functionOfFrame = (0..<frames.count).map {
            Int(functions.function(of: FrameID(index: UInt32($0))).index)
        }
        self.functions = functions
    }

    func write(into json: inout JSONColumns) throws {
        try writeStacks(into: &json)
        try json.raw(",\n")
        try writeFrames(into: &json)
        try json.raw(",\n")
        try writeFunctions(into: &json)
        for (table, columns) in [
            ("resourceTable", ["lib", "name", "host", "type"]),
            ("nativeSymbols", ["libIndex", "address", "name", "functionSize"]),
        ] {
            try json.raw(",\n")
            try json.begin(table)
            for column in columns { try json.column(column, count: 0, all: "") }
            try json.end(length: 0)
        }
    }

    /// The root of the tree is the empty stack, which has no row.
    private func writeStacks(into json: inout JSONColumns) throws {
        let count = tree.count - 1
        func node(_ row: Int) -> CallTree.Node { CallTree.Node(index: UInt32(row + 1)) }
        try json.begin("stackTable")
        try json.column("frame", count: count) { "\(tree.frame(of: node($0)).index)" }
        try json.column("prefix", count: count) {
            let parent = tree.parent(of: node($0))
            return parent == .root ? "null" : "\(parent.index - 1)"
        }
        try json.end(length: count)
    }

    private func writeFrames(into json: inout JSONColumns) throws {
        let count = frames.count
        func frame(_ row: Int) -> Frame { frames[FrameID(index: UInt32(row))] }
        try json.begin("frameTable")
        try json.column("address", count: count, all: "-1")
        try json.column("inlineDepth", count: count, all: "0")
        try json.column("category", count: count) { "\(FirefoxCategory(frame($0)).rawValue)" }
        try json.column("subcategory", count: count, all: "0")
        try json.column("func", count: count) { "\(functionOfFrame[$0])" }
        for unused in ["nativeSymbol", "innerWindowID"] { try json.column(unused, count: count, all: "null") }
        try json.column("line", count: count) { number(frame($0).line) }
        try json.column("column", count: count, all: "null")
        try json.end(length: count)
    }

    private func writeFunctions(into json: inout JSONColumns) throws {
        let list = functions.functions
        // By UTF-8: Swift's == would take canonically equivalent names for one.
        var indexOfFile: [[UInt8]: Int] = [:]
        var files: [String] = []
        let sources = list.map { function -> Int? in
            guard !function.file.isEmpty else { return nil }
            let key = Array(function.file.utf8)
            if let known = indexOfFile[key] { return known }
            indexOfFile[key] = files.count
            files.append(function.file)
            return files.count - 1
        }
        try json.begin("funcTable")
        // The strings are the functions' names, then the files'.
        try json.column("name", count: list.count) { "\($0)" }
        try json.column("isJS", count: list.count, all: "false")
        try json.column("relevantForJS", count: list.count, all: "false")
        try json.column("resource", count: list.count, all: "-1")
        try json.column("source", count: list.count) { sources[$0].map { "\($0)" } ?? "null" }
        try json.column("lineNumber", count: list.count) { number(list[$0].line) }
        try json.column("columnNumber", count: list.count, all: "null")
        try json.end(length: list.count)
        try json.raw(",\n")
        try json.begin("sources")
        try json.column("uuid", count: files.count, all: "null")
        try json.column("filename", count: files.count) { "\(list.count + $0)" }
        try json.end(length: files.count)
        try json.raw(",\n\"stringArray\":[")
        for (index, text) in (list.map(\.name) + files).enumerated() {
            try json.raw((index > 0 ? "," : "") + jsonName(text))
        }
        try json.raw("]")
    }

    private func number(_ line: Int) -> String { lineNumbers && line > 0 ? "\(line)" : "null" }
}
