import FrameDecoding
import Output

/// pprof's `profile.proto`, gzip'ed or not, of pyflame or any other tool.
///
/// The field numbers are those of `PprofWriter`. Strings, functions and places are looked at first, then the
/// samples: the messages may come in any order.
struct PprofReader {
    private let reader: ProfileReader
    private var strings: [String] = []
    private var functions: [UInt64: (name: UInt64, file: UInt64, startLine: UInt64)] = [:]
    /// By id of a place: functions and lines, the innermost of those that were inlined first.
    private var places: [UInt64: [(function: UInt64, line: UInt64)]] = [:]
    private var frameIDs: [UInt64: [FrameID]] = [:]
    private var types: [(type: UInt64, unit: UInt64)] = []
    private var period: (type: (type: UInt64, unit: UInt64), length: UInt64) = ((0, 0), 0)
    private var time: (start: UInt64, duration: UInt64) = (0, 0)
    private var begun: Set<Int32> = []
    /// Rows of all tables.
    private var rows = 0

    /// More functions than this were never inlined at one place.
    private static let mostInlined = 1000

    init(_ reader: ProfileReader) { self.reader = reader }

    mutating func read(_ file: InputFile, isPacked: Bool, into sink: any SampleSink) throws -> RunSummary {
        let bytes = try file.rest(limit: ProfileReader.largestExpanded)
        let message: [UInt8]
        do {
            message = isPacked ? try gunzip(bytes, limit: ProfileReader.largestExpanded) : bytes
        } catch .tooLarge {
            throw failure("it expands to more than \(ProfileReader.largestExpanded >> 20) MiB")
        } catch {
            throw failure("its compressed data is damaged or cut off")
        }
        if message.first == UInt8(ascii: "{") {
            throw failure("it is compressed JSON; what can be read are folded stacks and pprof profiles")
        }
        try readTables(message)
        guard !types.isEmpty else { throw failure("it is no profile of pprof: it has no type of samples") }
        // Counts are what is counted here; where there are none, the first kind of value is.
        let countIndex = types.firstIndex { text($0.unit) == "count" } ?? 0
        let isTimed = text(period.type.unit) == "nanoseconds" && period.length > 0
        let isCPU = types.contains { text($0.type) == "cpu" }
        var replay = StackReplay(
            into: sink, interval: reader.interval ?? (isTimed ? period.length : nil), mode: isCPU ? .cpu : .wall)
        try forEachField(message) { field, value in
            guard field == 2, case .bytes(let range) = value else { return }
            try replaySample(message, range, countIndex, sink, &replay)
        }
        var summary = replay.summary
        summary.startedAt = time.start
        if time.duration > 0 { summary.duration = time.duration }
        return summary
    }

    private func failure(_ problem: String) -> ProfileReadError { ProfileReadError(reader.name, problem) }

    private var tooDeep: ProfileReadError { failure("a stack has more than \(ProfileReader.deepestStack) frames") }

    private var tooLarge: ProfileReadError {
        failure("it has more than \(reader.mostTableRows) strings, functions and places")
    }

    private func text(_ index: UInt64) -> String {
        index < strings.count ? strings[Int(index)] : ""
    }

    // MARK: The tables

    private mutating func readTables(_ message: [UInt8]) throws {
        try forEachField(message) { field, value in
            rows += field == 2 ? 0 : 1
            guard rows <= reader.mostTableRows else { throw tooLarge }
            switch (field, value) {
            case (1, .bytes(let range)): types.append(try valueType(message, range))
            case (4, .bytes(let range)): try readPlace(message, range)
            case (5, .bytes(let range)):
                let fields = try numbers(message, range)
                functions[fields[1] ?? 0] = (fields[2] ?? 0, fields[4] ?? 0, fields[5] ?? 0)
            case (6, .bytes(let range)): strings.append(String(decoding: message[range], as: UTF8.self))
            case (9, .number(let number)): time.start = number
            case (10, .number(let number)): time.duration = number
            case (11, .bytes(let range)): period.type = try valueType(message, range)
            case (12, .number(let number)): period.length = number
            default: break
            }
        }
    }

    private func valueType(_ message: [UInt8], _ range: Range<Int>) throws -> (type: UInt64, unit: UInt64) {
        let fields = try numbers(message, range)
        return (fields[1] ?? 0, fields[2] ?? 0)
    }

    private mutating func readPlace(_ message: [UInt8], _ range: Range<Int>) throws {
        var id: UInt64 = 0
        var lines: [(function: UInt64, line: UInt64)] = []
        try forEachField(message, range) { field, value in
            switch (field, value) {
            case (1, .number(let number)): id = number
            case (4, .bytes(let range)):
                guard lines.count < Self.mostInlined else { return }
                rows += 1
                guard rows <= reader.mostTableRows else { throw tooLarge }
                let fields = try numbers(message, range)
                lines.append((fields[1] ?? 0, fields[2] ?? 0))
            default: break
            }
        }
        places[id] = lines
    }

    /// The frames of a place, leaf first.
    private mutating func frames(at place: UInt64) throws -> [FrameID] {
        if let known = frameIDs[place] { return known }
        // Samples may be of places that no table has.
        guard frameIDs.count < reader.mostTableRows else { throw tooLarge }
        let ids = (places[place] ?? []).map { function, line in
            let (name, file, startLine) = functions[function] ?? (0, 0, 0)
            let path = text(file)
            // The format has no kinds: what is nowhere is taken for a name, as pyflame writes labels.
            guard !path.isEmpty || line > 0 else { return reader.frames.intern(.label(text(name))) }
            return reader.frames.intern(
                Frame(
                    file: path, name: text(name), line: Int(Int32(exactly: line) ?? 0),
                    firstLine: Int(Int32(exactly: startLine) ?? 0)))
        }
        let frames = ids.isEmpty ? [reader.frames.intern(.label("0x" + String(place, radix: 16)))] : ids
        frameIDs[place] = frames
        return frames
    }

    // MARK: The samples

    /// Of one sample: places or values.
    private func packedNumbers(_ message: [UInt8], _ range: Range<Int>) throws -> [UInt64] {
        // A number has at most ten bytes.
        guard range.count <= ProfileReader.deepestStack * 10 else { throw tooDeep }
        return try varints(message, range)
    }

    private mutating func replaySample(
        _ message: [UInt8], _ range: Range<Int>, _ countIndex: Int, _ sink: any SampleSink,
        _ replay: inout StackReplay
    ) throws {
        var stack: [FrameID] = []
        var values: [UInt64] = []
        var thread = ThreadSample(
            thread: ThreadState(address: 0, interpreter: 0, threadID: 0, nativeThreadID: nil), isHolder: true, frames: [])
        var process = ProfiledProcess(pid: 0, command: "", version: PythonVersion(0, 0, 0))
        func push(_ place: UInt64) throws {
            stack += try frames(at: place)
            guard stack.count <= ProfileReader.deepestStack else { throw tooDeep }
        }
        try forEachField(message, range) { field, value in
            switch (field, value) {
            case (1, .number(let place)): try push(place)
            case (1, .bytes(let packed)): for place in try packedNumbers(message, packed) { try push(place) }
            case (2, .number(let number)): values.append(number)
            case (2, .bytes(let packed)): values += try packedNumbers(message, packed)
            case (3, .bytes(let label)): takeLabel(try numbers(message, label), &thread, &process)
            default: break
            }
        }
        // The differences that pprof can make have negative values, too.
        guard countIndex < values.count, let count = Int(exactly: values[countIndex]), count > 0,
            count <= Int64.max
        else { return }
        if process.pid > 0, !process.command.isEmpty, begun.insert(process.pid).inserted { sink.begin(process) }
        var outcome = Sample.Outcome.stacks([])
        let only = stack.count == 1 ? reader.frames[stack[0]] : nil
        if let only, only.kind == .label, let special = Sample.Outcome(stack: only.name) {
            outcome = special
        } else if !stack.isEmpty {
            thread.frames = stack
            if thread.tid == nil, thread.name == nil { thread.name = "all threads" }
            outcome = .stacks([thread])
        }
        guard replay.record(outcome, pid: process.pid, count: count) else {
            throw failure("the counts add up to more than 2^53")
        }
    }

    /// The labels that pyflame writes, and what others call the same.
    private func takeLabel(
        _ label: [UInt64: UInt64], _ thread: inout ThreadSample, _ process: inout ProfiledProcess
    ) {
        let value = text(label[2] ?? 0)
        let number = Int32(exactly: label[3] ?? 0)
        switch text(label[1] ?? 0) {
        case "thread", "thread name", "thread_name":
            // What names no thread is no name.
            if !value.isEmpty, !value.hasPrefix("Thread ") { thread.name = value }
            // One of no known id is told apart by its name.
            thread.thread.address = UInt64(truncatingIfNeeded: value.hashValue)
        case "thread_id", "thread id", "tid":
            thread.tid = number ?? Int32(value)
            thread.thread.threadID = UInt64(thread.tid ?? 0)
        case "process", "process_name": process.command = value
        case "process_id", "pid": process.pid = number ?? Int32(value) ?? 0
        default: break
        }
    }
}
