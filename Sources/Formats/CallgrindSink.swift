import FrameDecoding
import Output
import Profiles

/// The profile format of Callgrind, for KCachegrind and callgrind_annotate
/// (https://valgrind.org/docs/manual/cl-format.html, version 1).
///
/// A function has its own samples by line, and by line what it called, with the samples of the call. How often it
/// called is not known from samples: the number of calls is 1, as callgrind_annotate takes 0 for no call.
package final class CallgrindSink: SampleSink {
    private var counter: StackCounter
    private let lineNumbers: Bool
    private let excludeIdle: Bool

    package init(frames: FrameTable, lineNumbers: Bool = true, excludeIdle: Bool = false) {
        counter = StackCounter(frames: frames)
        self.lineNumbers = lineNumbers
        self.excludeIdle = excludeIdle
    }

    package func record(_ sample: Sample) { counter.record(sample) }

    package func finish(_ run: RunSummary, into output: ProfileOutput) throws {
        let profile = counter.profile(excludeIdle: excludeIdle)
        var functions = FunctionTable(frames: profile.frames)
        let costs = CallCosts(profile, &functions, lineNumbers: lineNumbers)
        var names = CallgrindNames(functions)
        var piece = TextPiece()
        piece.text += "# callgrind format\nversion: 1\ncreator: pyflame\npositions: line\n"
        piece.text += "event: Samples : \(run.interval > 0 ? "Samples, \(NumberText.rate(run.interval))" : "Samples")\n"
        piece.text += "events: Samples\nsummary: \(costs.total)\n"
        for function in costs.functions {
            piece.text += "\n" + names.object("ob", function) + names.file("fl", function) + names.function("fn", function)
            for (line, cost) in costs.own(function) { piece.text += "\(line) \(cost)\n" }
            for call in costs.calls(function) {
                piece.text += names.object("cob", call.callee) + names.file("cfi", call.callee)
                piece.text += names.function("cfn", call.callee)
                piece.text += "calls=1 \(lineNumbers ? names.line(call.callee) : 0)\n\(call.line) \(call.cost)\n"
            }
            try piece.passOn(output)
        }
        piece.text += "\ntotals: \(costs.total)\n"
        try piece.flush(output)
    }
}

/// Names in the short form of the format: `(1) name` where one comes first, `(1)` afterwards.
private struct CallgrindNames {
    private let functions: FunctionTable
    private var known: [String: [String: Int]] = [:]

    init(_ functions: FunctionTable) { self.functions = functions }

    func line(_ function: FrameID) -> Int { functions[function].line }

    /// The library that native code is of; Python's code is all of one object.
    mutating func object(_ key: String, _ function: FrameID) -> String {
        let function = functions[function]
        return text(key, "object", function.kind == .native ? function.file : "python")
    }

    /// `???` is the format's word for a file that is not known.
    mutating func file(_ key: String, _ function: FrameID) -> String {
        let function = functions[function]
        return text(key, "file", function.kind == .python && !function.file.isEmpty ? function.file : "???")
    }

    mutating func function(_ key: String, _ function: FrameID) -> String {
        text(key, "function", functions[function].name)
    }

    private mutating func text(_ key: String, _ kind: String, _ name: String) -> String {
        let name = sanitised(name, isSentence: true)
        if let number = known[kind]?[name] { return "\(key)=(\(number))\n" }
        let number = (known[kind]?.count ?? 0) + 1
        known[kind, default: [:]][name] = number
        return "\(key)=(\(number)) \(name)\n"
    }
}
