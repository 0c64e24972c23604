import FrameDecoding
import Live
import Profiles

/// Counts all stacks of a run under `--top`, so that a flame graph can be written of them at any moment.
/// Samples come on the sampling thread; written is on the screen's.
final class SeenStacks: SampleSink, @unchecked Sendable {
    private let lock = Lock()
    private let table: FrameTable
    private let tree = CallTree()
    /// A copy of the frames that were seen: their table is the sampling thread's.
    private var frames: [Frame] = []
    /// By index of a node and way of counting.
    private var counts: [[Int]] = [[], [], []]
    private var idle = [0, 0, 0]
    private var failed = 0
    private var processes: [ProfiledProcess] = []

    init(table: FrameTable) { self.table = table }

    func begin(_ process: ProfiledProcess) { lock.locked { processes.append(process) } }

    func record(_ sample: Sample) {
        lock.locked {
            while frames.count < table.count {
                frames.append(table[FrameID(index: UInt32(frames.count))])
            }
            switch sample.outcome {
            case .failed: failed += 1
            case .idle: for view in idle.indices { idle[view] += 1 }
            case .stacks(let threads): add(threads)
            }
        }
    }

    private func add(_ threads: [ThreadSample]) {
        var seen = [false, false, false]
        for thread in threads where !thread.frames.isEmpty {
            let node = Int(tree.insert(stackLeafFirst: thread.frames).index)
            let belongs = [thread.isHolder, thread.isRunning ?? thread.isHolder, true]
            for view in counts.indices where belongs[view] {
                if counts[view].count <= node {
                    counts[view] += [Int](repeating: 0, count: node + 1 - counts[view].count)
                }
                counts[view][node] += 1
                seen[view] = true
            }
        }
        for view in idle.indices where !seen[view] { idle[view] += 1 }
    }

    /// Hands all of it to a sink: one sample for each distinct stack, with its count.
    func replay(
        counting view: CountedThreads, into makeSink: (FrameTable) -> any SampleSink
    ) -> any SampleSink {
        let taken = lock.locked {
            (
                paths: counts[view.rawValue].enumerated().filter { $0.element > 0 }.map { node, count in
                    (frames: tree.framesLeafFirst(of: node), count: count)
                }, frames: frames, idle: idle[view.rawValue], failed: failed, processes: processes
            )
        }
        let table = FrameTable()
        let ids = taken.frames.map(table.intern)
        let sink = makeSink(table)
        taken.processes.forEach(sink.begin)
        let pid = taken.processes.last?.pid ?? 0
        func record(_ outcome: Sample.Outcome, times count: Int) {
            guard count > 0 else { return }
            sink.record(Sample(time: 0, pid: pid, outcome: outcome, count: count))
        }
        record(.idle, times: taken.idle)
        record(.failed, times: taken.failed)
        let thread = ThreadState(address: 0, interpreter: 0, threadID: 0, nativeThreadID: nil)
        for path in taken.paths {
            let stack = ThreadSample(
                thread: thread, isHolder: true, frames: path.frames.map { ids[Int($0.index)] })
            record(.stacks([stack]), times: path.count)
        }
        return sink
    }

    func finish(_ run: RunSummary, into output: ProfileOutput) throws {}
}

extension CallTree {
    /// The frames of the stack whose leaf is node number `index`.
    fileprivate func framesLeafFirst(of index: Int) -> [FrameID] {
        var stack: [FrameID] = []
        var node = node(at: index)
        while node != .root {
            stack.append(frame(of: node))
            node = parent(of: node)
        }
        return stack
    }
}
