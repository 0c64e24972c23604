import FrameDecoding

/// A `SampleLog` taken apart by thread: for formats that have a time axis for each.
///
/// Equal stacks in a row are one run, so a thread that sleeps costs next to nothing here as well.
package struct ThreadTimeline {
    /// A stack that a thread had for a while.
    package struct Run: Equatable {
        /// In microseconds since the first sample: from when on, and how long.
        package var start: UInt64
        package var length: UInt64
        /// In how many samples.
        package var count: UInt64
        package var node: CallTree.Node

        package init(start: UInt64, length: UInt64, count: UInt64, node: CallTree.Node) {
            self.start = start
            self.length = length
            self.count = count
            self.node = node
        }
    }

    /// The runs of one thread, or of what is no thread's.
    package struct Track {
        package var pid: Int32
        /// Nil for idle and failed samples.
        package var thread: ThreadTable.Row?
        /// Start since the end of the last run, length, count and node of each.
        fileprivate var packed = PackedBytes()
        fileprivate var end: UInt64 = 0
        /// Samples in all runs.
        package fileprivate(set) var count: UInt64 = 0
        package fileprivate(set) var runCount = 0

        fileprivate init(pid: Int32, thread: ThreadTable.Row?) {
            self.pid = pid
            self.thread = thread
        }

        fileprivate mutating func append(_ run: Run) {
            packed.append(run.start - end)
            packed.append(run.length)
            packed.append(run.count)
            packed.append(UInt64(run.node.index))
            end = run.start + run.length
            count += run.count
            runCount += 1
        }

        /// In order of time; they do not overlap.
        package func forEach(_ body: (Run) throws -> Void) rethrows {
            var numbers = packed.numbers
            var end: UInt64 = 0
            while let gap = numbers.next(), let length = numbers.next(), let count = numbers.next(),
                let node = numbers.next()
            {
                let run = Run(
                    start: end + gap, length: length, count: count,
                    node: CallTree.Node(index: UInt32(truncatingIfNeeded: node)))
                end = run.start + length
                try body(run)
            }
        }
    }

    /// The threads in order of appearance, then what is no thread's; none is empty.
    package private(set) var tracks: [Track]
    /// Of the stacks, with idle and failed samples as frames of their own.
    package let tree: CallTree
    /// When all had ended, in microseconds since the first sample.
    package private(set) var end: UInt64 = 0

    /// With `excludeIdle` an idle sample is no more than a gap.
    package init(_ log: SampleLog, frames: FrameTable, excludeIdle: Bool) {
        tree = log.tree
        let idle = tree.child(of: .root, frame: frames.intern(.idle))
        let failed = tree.child(of: .root, frame: frames.intern(.failed))
        var tracks = log.threads.rows.map { Track(pid: $0.pid, thread: $0) }
        tracks += log.processes.map { Track(pid: $0, thread: nil) }
        /// By process: the runs that go on, and its last sample.
        var open = [[Int: Run]](repeating: [:], count: log.processes.count)
        var last = [SampleLog.Moment?](repeating: nil, count: log.processes.count)

        func close(_ run: Run, of track: Int, at time: UInt64) {
            var run = run
            run.length = time - run.start
            tracks[track].append(run)
        }
        log.forEach { moment in
            let process = moment.process
            let time = moment.time - log.firstTime
            var entries: [(track: Int, node: CallTree.Node)] = []
            switch moment.outcome {
            case .stacks(let stacks): entries = stacks.map { ($0.track, $0.node) }
            case .failed: entries = [(log.threads.rows.count + process, failed)]
            case .idle: entries = excludeIdle ? [] : [(log.threads.rows.count + process, idle)]
            }
            var present: [Int: Run] = [:]
            for (track, node) in entries {
                if var run = open[process].removeValue(forKey: track) {
                    if run.node == node {
                        run.count += moment.count
                        present[track] = run
                        continue
                    }
                    close(run, of: track, at: time)
                }
                present[track] = Run(start: time, length: 0, count: moment.count, node: node)
            }
            for (track, run) in open[process] { close(run, of: track, at: time) }
            open[process] = present
            last[process] = moment
        }
        for (process, runs) in open.enumerated() {
            guard let last = last[process] else { continue }
            let time = log.end(of: last) - log.firstTime
            end = max(end, time)
            for (track, run) in runs { close(run, of: track, at: time) }
        }
        self.tracks = tracks.filter { $0.runCount > 0 }
    }
}
