import FrameDecoding
import Output
import Profiles

/// The processed profile of profiler.firefox.com, gzip'ed: a track per thread, grouped by process.
///
/// Version 60 of the format (docs-developer/CHANGELOG-formats.md of firefox-devtools/profiler); the
/// site brings older versions up to its own. In this one all threads share the tables of stacks, frames
/// and functions, as they do here.
package final class FirefoxSink: SampleSink {
    private let frames: FrameTable
    private let lineNumbers: Bool
    private let excludeIdle: Bool
    private let log = SampleLog()
    private var processes: [Int32: ProfiledProcess] = [:]

    private static let formatVersion = 60
    /// Of the format that Firefox itself writes, at the time of version 60.
    private static let geckoVersion = 33

    /// With `excludeIdle` idle samples are left out.
    package init(frames: FrameTable, lineNumbers: Bool = true, excludeIdle: Bool = false) {
        self.frames = frames
        self.lineNumbers = lineNumbers
        self.excludeIdle = excludeIdle
    }

    package func begin(_ process: ProfiledProcess) { processes[process.pid] = process }

    package func record(_ sample: Sample) { log.append(sample) }

    package func finish(_ run: RunSummary, into output: ProfileOutput) throws {
        let gzip = try GzipOutput(output)
        let timeline = ThreadTimeline(log, frames: frames, excludeIdle: excludeIdle)
        var json = JSONColumns(gzip.profile)
        try json.raw("{\(meta(timeline, run)),\n\"libs\":[],\n\"shared\":{")
        try FirefoxTables(timeline.tree, frames: frames, lineNumbers: lineNumbers).write(into: &json)
        try json.raw("},\n\"threads\":[")
        for (index, track) in timeline.tracks.enumerated() {
            try json.raw((index > 0 ? ",\n" : "\n") + "{\(thread(track)),")
            try writeSamples(of: track, until: timeline.end, into: &json)
            try json.raw("}")
        }
        try json.raw("]}\n")
        try json.finish()
        try gzip.finish()
    }

    private func meta(_ timeline: ThreadTimeline, _ run: RunSummary) -> String {
        let label = processes.count == 1 ? processes.values.first?.label : nil
        let all = timeline.tracks.indices.map { "\($0)" }.joined(separator: ",")
        let interval = run.interval > 0 ? run.interval / 1000 : log.meanInterval
        let start = run.unixMicroseconds(of: log.firstTime)
        return """
            "meta":{"version":\(Self.geckoVersion),"preprocessedProfileVersion":\(Self.formatVersion),
            "product":\(jsonName(label ?? "Python")),"importedFrom":"pyflame","processType":0,
            "interval":\(milliseconds(interval)),"startTime":\(milliseconds(start)),
            "stackwalk":1,"symbolicated":true,"usesOnlyOneStackType":true,"sourceCodeIsNotOnSearchfox":true,
            "initialVisibleThreads":[\(all)],"markerSchema":[],"categories":\(FirefoxCategory.json)}
            """
    }

    private func thread(_ track: ThreadTimeline.Track) -> String {
        let tid = track.thread.map { $0.tid.map { "\($0)" } ?? jsonName("\($0.thread.threadID)") }
        let label = processes[track.pid]?.label ?? "process \(track.pid)"
        return """
            "processType":"default","processStartupTime":0,"processShutdownTime":null,"registerTime":0,
            "unregisterTime":null,"pausedRanges":[],"name":\(jsonName(track.thread?.label ?? "no thread")),
            "isMainThread":\(track.thread?.tid == track.pid),"processName":\(jsonName(label)),
            "pid":"\(track.pid)","tid":\(tid ?? "\"none\""),
            "markers":{"data":[],"name":[],"startTime":[],"endTime":[],"phase":[],"category":[],"length":0}
            """
    }

    /// A row for each run of equal stacks, weighted with its samples; one without a stack and weight
    /// where nothing was seen.
    private func writeSamples(
        of track: ThreadTimeline.Track, until end: UInt64, into json: inout JSONColumns
    ) throws {
        var length = 0
        func forEach(_ body: (ThreadTimeline.Run) throws -> Void) rethrows {
            var time: UInt64 = 0
            length = 0
            func row(_ run: ThreadTimeline.Run) throws {
                length += 1
                try body(run)
            }
            func gap(until next: UInt64) throws {
                try row(ThreadTimeline.Run(start: time, length: next - time, count: 0, node: .root))
            }
            try track.forEach { run in
                if run.start > time { try gap(until: run.start) }
                try row(run)
                time = run.start + run.length
            }
            // The last run has an end, too.
            try gap(until: end)
        }
        try json.begin("samples")
        try json.column("stack") { append in
            try forEach { try append($0.node == .root ? "null" : "\($0.node.index - 1)") }
        }
        try json.column("timeDeltas") { append in
            var last: UInt64 = 0
            try forEach {
                try append(milliseconds($0.start - last))
                last = $0.start
            }
        }
        try json.column("weight") { append in try forEach { try append("\($0.count)") } }
        try json.raw(",\"weightType\":\"samples\"")
        try json.end(length: length)
    }

    /// A number of milliseconds to the microsecond.
    private func milliseconds(_ microseconds: UInt64) -> String {
        let fraction = microseconds % 1000
        guard fraction > 0 else { return "\(microseconds / 1000)" }
        let digits = "\(fraction)"
        return "\(microseconds / 1000)." + String(repeating: "0", count: 3 - digits.utf8.count) + digits
    }
}
