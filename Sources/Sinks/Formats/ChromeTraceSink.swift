import FrameDecoding

/// Chrome's trace event format, for Perfetto and chrome://tracing: one track per thread, and a block
/// for each call for as long as samples saw it.
public final class ChromeTraceSink: SampleSink {
    private let frames: FrameTable
    private let pid: Int32
    private let log = SampleLog()

    /// `pid` is that of the target, for the labels.
    public init(frames: FrameTable, pid: Int32) {
        self.frames = frames
        self.pid = pid
    }

    public func record(_ sample: Sample) { log.append(sample) }

    public func finish(_ run: RunSummary, into output: ProfileOutput) throws {
        var piece = TextPiece()
        piece.text += "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n"
        piece.text += metadata("process_name", tid: Int(pid), "Python process \(pid)")
        let tids = trackIDs()
        for (thread, tid) in zip(log.threads, tids) {
            piece.text += ",\n" + metadata("thread_name", tid: tid, "Thread \(thread.threadID)")
        }

        var functions = FunctionTable(frames: frames)
        let (tree, nodes) = log.tree.mapped { functions.function(of: $0) }
        let names = functions.functions.map {
            (name: jsonString($0.name), file: jsonString($0.file))
        }
        var open: [Int: CallTree.Node] = [:]

        /// Ends and begins the calls that make `old` into `new`.
        func change(track: Int, from old: CallTree.Node, to new: CallTree.Node, at time: UInt64) {
            guard old != new else { return }
            let before = tree.pathRootFirst(to: old)
            let after = tree.pathRootFirst(to: new)
            let shared = zip(before, after).prefix { $0 == $1 }.count
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
        func closeTracks(except entries: [SampleLog.Entry], at time: UInt64) {
            guard !open.isEmpty else { return }
            let seen = Set(entries.map(\.track))
            for track in open.keys.sorted() where !seen.contains(track) {
                change(track: track, from: open[track] ?? .root, to: .root, at: time)
                open[track] = nil
            }
        }
        try log.forEach { time, outcome in
            var entries: [SampleLog.Entry] = []
            if case .stacks(let seen) = outcome { entries = seen }
            closeTracks(except: entries, at: time)
            for entry in entries {
                let node = nodes[Int(entry.node.index)]
                change(track: entry.track, from: open[entry.track] ?? .root, to: node, at: time)
                open[entry.track] = node
            }
            try piece.passOn(output)
        }
        closeTracks(except: [], at: log.lastTime + log.meanInterval)
        piece.text += "\n]}\n"
        try piece.flush(output)
    }

    /// The kernel's thread ids where they are known and unlike; else small numbers. (A pthread_t is
    /// too wide for viewers, and one thread may run in several sub-interpreters.)
    private func trackIDs() -> [Int] {
        var used: Set<Int> = []
        var spare = 0
        return log.threads.map { thread in
            var tid = thread.nativeThreadID.flatMap { Int(exactly: $0) } ?? 0
            if tid <= 0 || tid > Int(Int32.max) || used.contains(tid) {
                repeat { spare += 1 } while used.contains(spare)
                tid = spare
            }
            used.insert(tid)
            return tid
        }
    }

    /// Category and time mean nothing here, but Chrome's DevTools refuse an event without them.
    private func metadata(_ kind: String, tid: Int, _ name: String) -> String {
        "{\"ph\":\"M\",\"name\":\"\(kind)\",\"cat\":\"__metadata\",\"ts\":0,\"pid\":\(pid),\"tid\":\(tid),"
            + "\"args\":{\"name\":\(jsonString(name))}}"
    }
}
