import FrameDecoding
import Output
import Profiles

/// Writes the messages of a pprof profile one by one: fields of a message may come in any order, so
/// the strings come last, and no more than one sample is ever held.
///
/// Field numbers are those of `perftools.profiles.Profile` (github.com/google/pprof, proto/profile.proto).
struct PprofWriter {
    private let run: RunSummary
    private let output: ProfileOutput
    private var buffer = ProtobufMessage()
    /// By UTF-8: Swift's == would take canonically equivalent names for one.
    private var indexOfString: [[UInt8]: Int] = [[]: 0]
    private var strings: [String] = [""]
    private static let pieceSize = 1 << 16

    init(run: RunSummary, output: ProfileOutput) {
        self.run = run
        self.output = output
        writeHeader()
    }

    private enum Field {
        static let sampleType: UInt64 = 1
        static let sample: UInt64 = 2
        static let mapping: UInt64 = 3
        static let location: UInt64 = 4
        static let function: UInt64 = 5
        static let string: UInt64 = 6
        static let time: UInt64 = 9
        static let duration: UInt64 = 10
        static let periodType: UInt64 = 11
        static let period: UInt64 = 12
    }

    /// Where all places are said to be: pprof looks for symbols of those that are nowhere.
    private static let mapping: UInt64 = 1

    private mutating func writeHeader() {
        buffer.append(Field.sampleType, valueType("samples", "count"))
        if run.interval > 0 {
            let time = valueType(run.mode == .cpu ? "cpu" : "wall", "nanoseconds")
            // The last type is the one that pprof shows first.
            buffer.append(Field.sampleType, time)
            buffer.append(Field.periodType, time)
            buffer.append(Field.period, run.interval)
        }
        buffer.append(Field.time, run.startedAt)
        buffer.append(Field.duration, run.duration)
        var mapping = ProtobufMessage()
        mapping.append(1, Self.mapping)
        mapping.append(5, string("python"))
        // Functions, files and lines are there; inlined frames are not.
        for field in [7, 8, 9] as [UInt64] { mapping.append(field, true) }
        buffer.append(Field.mapping, mapping)
    }

    private mutating func valueType(_ type: String, _ unit: String) -> ProtobufMessage {
        var message = ProtobufMessage()
        message.append(1, string(type))
        message.append(2, string(unit))
        return message
    }

    /// A stack, leaf first.
    mutating func writeSample(
        _ places: [FrameID], count: Int, process: ProfiledProcess?, pid: Int32, thread: ThreadTable.Row?
    ) throws {
        var values = [UInt64(count)]
        if run.interval > 0 {
            let (time, overflow) = UInt64(count).multipliedReportingOverflow(by: run.interval)
            values.append(overflow ? UInt64(Int64.max) : min(time, UInt64(Int64.max)))
        }
        var sample = ProtobufMessage()
        sample.append(1, packed: places.lazy.map { UInt64($0.index) + 1 })
        sample.append(2, packed: values)
        if let thread {
            sample.append(3, label("thread", text: thread.label))
            if let tid = thread.tid { sample.append(3, label("thread_id", number: Int(tid))) }
        }
        if let process { sample.append(3, label("process", text: process.command)) }
        sample.append(3, label("process_id", number: Int(pid)))
        buffer.append(Field.sample, sample)
        try passOn()
    }

    private mutating func label(_ key: String, text: String? = nil, number: Int = 0) -> ProtobufMessage {
        var label = ProtobufMessage()
        label.append(1, string(key))
        if let text { label.append(2, string(text)) }
        label.append(3, number)
        return label
    }

    /// A place in the code: a line of a function.
    mutating func writePlace(_ place: FrameID, line: Int, function: FrameID) throws {
        var lineMessage = ProtobufMessage()
        lineMessage.append(1, UInt64(function.index) + 1)
        lineMessage.append(2, line)
        var location = ProtobufMessage()
        location.append(1, UInt64(place.index) + 1)
        location.append(2, Self.mapping)
        location.append(4, lineMessage)
        buffer.append(Field.location, location)
        try passOn()
    }

    mutating func writeFunction(_ id: FrameID, name: String, file: String, startLine: Int) throws {
        var function = ProtobufMessage()
        function.append(1, UInt64(id.index) + 1)
        function.append(2, string(name))
        // No system name (3): where it is the same as the name, pprof takes both for mangled C++, in
        // which `<module>` is a template's argument to be dropped.
        function.append(4, string(file))
        function.append(5, startLine)
        buffer.append(Field.function, function)
        try passOn()
    }

    mutating func finish() throws {
        for string in strings {
            buffer.append(Field.string, string)
            try passOn()
        }
        try output.write(buffer.bytes)
    }

    private mutating func passOn() throws {
        guard buffer.bytes.count >= Self.pieceSize else { return }
        try output.write(buffer.bytes)
        buffer.removeAll()
    }

    /// The index of a string in the table.
    private mutating func string(_ text: String) -> Int {
        let text = sanitised(text, isSentence: true)
        let key = Array(text.utf8)
        if let index = indexOfString[key] { return index }
        indexOfString[key] = strings.count
        strings.append(text)
        return strings.count - 1
    }
}
