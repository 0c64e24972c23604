import FrameDecoding

/// Puts the name of each thread below its stack (`--thread-names`), as a frame from which all else is
/// called: `thread NAME (TID)`. So every format shows threads apart.
package final class ThreadRoots: SampleSink {
    private let inner: any SampleSink
    private let frames: FrameTable
    private var roots: [Key: FrameID] = [:]

    private struct Key: Hashable {
        var name: String?
        var tid: Int32?
        var threadID: UInt64
    }

    package init(_ inner: any SampleSink, frames: FrameTable) {
        self.inner = inner
        self.frames = frames
    }

    package func begin(_ process: ProfiledProcess) { inner.begin(process) }
    package func end(_ pid: Int32) { inner.end(pid) }

    package func record(_ sample: Sample) {
        guard case .stacks(let threads) = sample.outcome else { return inner.record(sample) }
        var named = sample
        named.outcome = .stacks(
            threads.map { thread in
                var thread = thread
                if !thread.frames.isEmpty { thread.frames.append(root(of: thread)) }
                return thread
            })
        inner.record(named)
    }

    package func finish(_ run: RunSummary, into output: ProfileOutput) throws {
        try inner.finish(run, into: output)
    }

    private func root(of sample: ThreadSample) -> FrameID {
        let key = Key(name: sample.name, tid: sample.tid, threadID: sample.thread.threadID)
        if let known = roots[key] { return known }
        // Without the kernel's id, what Python calls the thread by.
        let id = sample.tid.map { "\($0)" } ?? "\(sample.thread.threadID)"
        let root = frames.intern(.label("thread " + (sample.name.map { "\($0) (\(id))" } ?? id)))
        if roots.count < 1 << 16 { roots[key] = root }
        return root
    }
}
