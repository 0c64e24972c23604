import FrameDecoding

/// Puts a first frame `process PID (command)` below every stack: so formats that know nothing of
/// processes tell them apart.
package final class ProcessRoots: SampleSink {
    private let sink: any SampleSink
    private let frames: FrameTable
    private var roots: [Int32: FrameID] = [:]

    /// `sink` takes the samples with the frame added; `frames` is the run's.
    package init(_ sink: any SampleSink, frames: FrameTable) {
        self.sink = sink
        self.frames = frames
    }

    package func begin(_ process: ProfiledProcess) {
        roots[process.pid] = frames.intern(.label(process.label))
        sink.begin(process)
    }

    package func end(_ pid: Int32) {
        roots[pid] = nil
        sink.end(pid)
    }

    package func record(_ sample: Sample) {
        guard case .stacks(var threads) = sample.outcome, let root = roots[sample.pid] else {
            return sink.record(sample)
        }
        for index in threads.indices where !threads[index].frames.isEmpty {
            threads[index].frames.append(root)
        }
        var sample = sample
        sample.outcome = .stacks(threads)
        sink.record(sample)
    }

    package func finish(_ run: RunSummary, into output: ProfileOutput) throws {
        try sink.finish(run, into: output)
    }
}
