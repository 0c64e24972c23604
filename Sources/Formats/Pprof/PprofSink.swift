import FrameDecoding
import Output
import Profiles

/// pprof's gzip'ed `profile.proto`.
///
/// A sample is a stack of one thread, counted over the whole run: how often, and the time that it stands
/// for. Thread and process are labels. Memory grows with distinct stacks, not with samples.
package final class PprofSink: SampleSink {
    private let frames: FrameTable
    private let lineNumbers: Bool
    private let excludeIdle: Bool
    private let tree = CallTree()
    private var threads = ThreadTable()
    private var processes: [Int32: ProfiledProcess] = [:]
    private var counts: [Stack: Int] = [:]

    private struct Stack: Hashable {
        var pid: Int32
        /// In `threads`; none for idle and failed samples.
        var thread: Int?
        var node: CallTree.Node
    }

    /// With `excludeIdle` idle samples are left out.
    package init(frames: FrameTable, lineNumbers: Bool = true, excludeIdle: Bool = false) {
        self.frames = frames
        self.lineNumbers = lineNumbers
        self.excludeIdle = excludeIdle
    }

    package func begin(_ process: ProfiledProcess) { processes[process.pid] = process }

    package func record(_ sample: Sample) {
        var isIdle = true
        if case .stacks(let stacks) = sample.outcome {
            for stack in stacks where !stack.frames.isEmpty {
                isIdle = false
                let thread = threads.index(of: stack, in: sample.pid)
                count(sample, thread: thread, tree.insert(stackLeafFirst: stack.frames))
            }
        } else if case .failed = sample.outcome {
            isIdle = false
            count(sample, thread: nil, special(.failed))
        }
        if isIdle && !excludeIdle { count(sample, thread: nil, special(.idle)) }
    }

    private func count(_ sample: Sample, thread: Int?, _ node: CallTree.Node) {
        counts[Stack(pid: sample.pid, thread: thread, node: node), default: 0] += sample.count
    }

    /// The stack of a sample that shows no thread's.
    private func special(_ frame: Frame) -> CallTree.Node {
        tree.child(of: .root, frame: frames.intern(frame))
    }

    package func finish(_ run: RunSummary, into output: ProfileOutput) throws {
        let gzip = try GzipOutput(output)
        var writer = PprofWriter(run: run, output: gzip.profile)
        var functions = FunctionTable(frames: frames)
        // Without line numbers a place in the code is no more than its function.
        let (tree, nodes) = self.tree.mapped { lineNumbers ? $0 : functions.function(of: $0) }
        var totals: [Stack: Int] = [:]
        for (stack, count) in counts {
            var stack = stack
            stack.node = nodes[Int(stack.node.index)]
            totals[stack, default: 0] += count
        }
        let order = totals.keys.sorted {
            ($0.pid, $0.thread ?? -1, $0.node.index) < ($1.pid, $1.thread ?? -1, $1.node.index)
        }
        for stack in order {
            let path = tree.pathRootFirst(to: stack.node).reversed().map { tree.frame(of: $0) }
            try writer.writeSample(
                path, count: totals[stack] ?? 0, process: processes[stack.pid], pid: stack.pid,
                thread: stack.thread.map { threads[$0] })
        }
        try writePlaces(of: tree, &functions, into: &writer)
        try writer.finish()
        try gzip.finish()
    }

    /// Each place in the code that is in the tree, and the functions that they are in.
    private func writePlaces(
        of tree: CallTree, _ functions: inout FunctionTable, into writer: inout PprofWriter
    ) throws {
        var seen: Set<FrameID> = []
        for index in 1..<max(tree.count, 1) {
            let place = tree.frame(of: CallTree.Node(index: UInt32(index)))
            guard seen.insert(place).inserted else { continue }
            let function = lineNumbers ? functions.function(of: place) : place
            try writer.writePlace(
                place, line: lineNumbers ? frames[place].line : 0, function: function)
        }
        for (index, function) in functions.functions.enumerated() {
            try writer.writeFunction(
                FrameID(index: UInt32(index)), name: function.name, file: function.file,
                startLine: lineNumbers ? function.line : 0)
        }
    }
}
