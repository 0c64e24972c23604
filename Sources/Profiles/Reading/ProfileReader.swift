import FrameDecoding
import Output

/// Why a profile that was written before cannot be read.
package struct ProfileReadError: Error, Equatable {
    /// A sentence for stderr: the file, the line where it has lines, what was found and expected.
    package let explanation: String

    init(_ name: String, line: Int? = nil, _ problem: String) {
        explanation = "Failed to read \(sanitised(name, isSentence: true))" + (line.map { ", line \($0)" } ?? "") + ": \(problem)"
    }
}

/// Reads a profile that was written before, by pyflame or another tool, as samples again.
///
/// The format is found out from the content: folded stacks, or pprof's. What is read goes on to
/// a sink at once, so memory is what the sink keeps; pprof's strings and stacks are kept while they are read.
package struct ProfileReader {
    /// Where the profile is from, for messages.
    package let name: String
    let frames: FrameTable
    /// Nanoseconds that a sample stands for where the profile does not say.
    let interval: UInt64?

    /// More bytes than this in a pprof profile are not expanded (512 MiB), and more strings, functions and
    /// places than this not kept: bounds, not working limits.
    static let largestExpanded = 1 << 29
    var mostTableRows = 1 << 22
    /// Deeper stacks than this are none of Python's.
    static let deepestStack = 1 << 16
    /// More samples than this cannot be counted exactly by what reads the formats.
    static let mostSamples = 1 << 53

    package init(name: String, frames: FrameTable, interval: UInt64? = nil) {
        self.name = name
        self.frames = frames
        self.interval = interval
    }

    /// Reads all of `file` into `sink`, and says what can be said of the run that it is of. The sink is not
    /// finished.
    package func read(_ file: InputFile, into sink: any SampleSink) throws -> RunSummary {
        let head = try file.peek(4096)
        guard !head.isEmpty else { throw ProfileReadError(name, "it is empty") }
        let isPacked = head.starts(with: [0x1f, 0x8b])
        // Text has no control characters but blanks; a protocol buffer begins with some.
        let isText = !isPacked && !head.contains { $0 < 0x20 && !(0x09...0x0d).contains($0) && $0 != 0x1b }
        if !isText {
            var pprof = PprofReader(self)
            do {
                return try pprof.read(file, isPacked: isPacked, into: sink)
            } catch is WireError {
                throw ProfileReadError(name, "it is no folded text, and no profile of pprof, or its end is missing")
            }
        }
        if head.first(where: { $0 > 0x20 }) == UInt8(ascii: "{") {
            throw ProfileReadError(name, "it is JSON; what can be read are folded stacks and pprof profiles")
        }
        return try FoldedReader(self).read(file, into: sink)
    }
}

/// Gives each stack its place in time, one after the other: a profile of counts has no times of its own, and
/// formats with a time axis want some.
struct StackReplay {
    private let sink: any SampleSink
    private let interval: UInt64
    private var time: UInt64 = 0
    private(set) var summary: RunSummary

    /// `interval` is what a sample stands for, in nanoseconds, if that is known.
    init(into sink: any SampleSink, interval: UInt64?, mode: SamplingMode = .wall) {
        self.sink = sink
        self.interval = interval ?? 10_000_000
        summary = RunSummary(interval: interval ?? 0, mode: mode)
    }

    /// False when there are more samples than can be counted.
    mutating func record(_ outcome: Sample.Outcome, pid: Int32, count: Int) -> Bool {
        guard count <= ProfileReader.mostSamples - summary.samples else { return false }
        sink.record(Sample(time: time, pid: pid, outcome: outcome, count: count))
        let (length, isHuge) = UInt64(count).multipliedReportingOverflow(by: interval)
        let (next, isLate) = time.addingReportingOverflow(length)
        // Beyond 500 years all is at the end of time.
        time = isHuge || isLate ? .max : next
        summary.samples += count
        summary.duration = time
        switch outcome {
        case .idle: summary.idle += count
        case .failed: summary.failed += count
        case .stacks: break
        }
        return true
    }
}

/// Stacks that stand for what has none, as pyflame writes them.
extension Sample.Outcome {
    /// `stack` is the text of the only frame.
    init?(stack: some StringProtocol) {
        if stack == Frame.idle.name {
            self = .idle
        } else if stack == Frame.failed.name {
            self = .failed
        } else {
            return nil
        }
    }
}
