import FrameDecoding
import Output
import Profiles

/// Chrome's trace event format, for Perfetto and chrome://tracing: one track per thread, grouped by
/// process, and a block for each call for as long as samples saw it.
package final class ChromeTraceSink: SampleSink {
    private let frames: FrameTable
    private let log = SampleLog()
    private var labels: [Int32: String] = [:]

    package init(frames: FrameTable) {
        self.frames = frames
    }

    package func begin(_ process: ProfiledProcess) { labels[process.pid] = process.label }

    package func record(_ sample: Sample) { log.append(sample) }

    package func finish(_ run: RunSummary, into output: ProfileOutput) throws {
        var piece = TextPiece()
        piece.text += "{\"displayTimeUnit\":\"ms\",\"traceEvents\":["
        let tids = trackIDs()
        var comma = "\n"
        func describe(_ kind: String, pid: Int32, tid: Int, _ name: String) {
            piece.text += comma + metadata(kind, pid: pid, tid: tid, name)
            comma = ",\n"
        }
        for pid in log.processes {
            describe("process_name", pid: pid, tid: Int(pid), labels[pid] ?? "process \(pid)")
        }
        for (thread, tid) in zip(log.threads.rows, tids) {
            describe("thread_name", pid: thread.pid, tid: tid, thread.label)
        }

        var functions = FunctionTable(frames: frames)
        let (tree, nodes) = log.tree.mapped { functions.function(of: $0) }
        let names = functions.functions.map {
            (name: jsonName($0.name), file: jsonName($0.file))
        }
        /// By process and track: the calls that have begun.
        var open = [[Int: CallTree.Node]](repeating: [:], count: log.processes.count)
        var last = [SampleLog.Moment?](repeating: nil, count: log.processes.count)

        /// Ends and begins the calls that make `old` into `new`.
        func change(track: Int, from old: CallTree.Node, to new: CallTree.Node, at time: UInt64) {
            guard old != new else { return }
            let before = tree.pathRootFirst(to: old)
            let after = tree.pathRootFirst(to: new)
            let shared = zip(before, after).prefix { $0 == $1 }.count
            let pid = log.threads[track].pid
            // The format asks for name and category at the beginning only; DevTools also at the end.
            let place = "\"cat\":\"python\",\"ts\":\(time),\"pid\":\(pid),\"tid\":\(tids[track])"
            for node in before[shared...].reversed() {
                let name = names[Int(tree.frame(of: node).index)].name
                piece.text += ",\n{\"ph\":\"E\",\"name\":\(name),\(place)}"
            }
            for node in after[shared...] {
                let (name, file) = names[Int(tree.frame(of: node).index)]
                piece.text += ",\n{\"ph\":\"B\",\"name\":\(name),\(place),\"args\":{\"file\":\(file)}}"
            }
        }
        /// A sample that shows nothing of a thread ends its calls: no more is drawn than was seen.
        func closeTracks(of process: Int, except entries: [SampleLog.Entry], at time: UInt64) {
            guard !open[process].isEmpty else { return }
            let seen = Set(entries.map(\.track))
            for (track, node) in open[process].sorted(by: { $0.key < $1.key }) where !seen.contains(track) {
                change(track: track, from: node, to: .root, at: time)
                open[process][track] = nil
            }
        }
        try log.forEach { moment in
            let (time, process) = (moment.time, moment.process)
            var entries: [SampleLog.Entry] = []
            if case .stacks(let seen) = moment.outcome { entries = seen }
            last[process] = moment
            closeTracks(of: process, except: entries, at: time)
            for entry in entries {
                let node = nodes[Int(entry.node.index)]
                change(
                    track: entry.track, from: open[process][entry.track] ?? .root, to: node, at: time)
                open[process][entry.track] = node
            }
            try piece.passOn(output)
        }
        for process in log.processes.indices {
            guard let last = last[process] else { continue }
            closeTracks(of: process, except: [], at: log.end(of: last))
        }
        piece.text += "\n]}\n"
        try piece.flush(output)
    }

    /// The kernel's thread ids where they are known and unlike within a process; else small numbers. (A
    /// pthread_t is too wide for viewers, and one thread may run in several sub-interpreters.)
    private func trackIDs() -> [Int] {
        var used: [Int32: Set<Int>] = [:]
        var spare = 0
        return log.threads.rows.map { row in
            let known = row.tid.map { Int($0) } ?? row.thread.nativeThreadID.flatMap { Int(exactly: $0) }
            var tid = known ?? 0
            if tid <= 0 || tid > Int(Int32.max) || used[row.pid]?.contains(tid) == true {
                repeat { spare += 1 } while used[row.pid]?.contains(spare) == true
                tid = spare
            }
            used[row.pid, default: []].insert(tid)
            return tid
        }
    }

    /// Category and time mean nothing here, but Chrome's DevTools refuse an event without them.
    private func metadata(_ kind: String, pid: Int32, tid: Int, _ name: String) -> String {
        "{\"ph\":\"M\",\"name\":\"\(kind)\",\"cat\":\"__metadata\",\"ts\":0,\"pid\":\(pid),\"tid\":\(tid),"
            + "\"args\":{\"name\":\(jsonName(name))}}"
    }
}
