import Attach
import Formats
import FrameDecoding
import Glibc
import Output
import Profiles
import Sampler

/// `-p --subprocesses`: attaches to a running process and all that descend from it, those that are born
/// later as well, and profiles or dumps the Python among them.
final class AttachedTreeRun {
    private let pid: pid_t
    private let context: RunContext
    private var options: Options { context.options }
    private let frames = FrameTable()
    private let gate = SignalGate()
    private let tracees = Tracees()
    private let sources: TargetSources?

    init(pid: pid_t, context: RunContext) {
        self.pid = pid
        self.context = context
        sources = sourcesOfTargets(context.options)
        sources?.observe(tracees)
    }

    func run() throws {
        try refuseUnfitTarget(pid)
        SignalDisposition.hearChildren()
        DescriptorLimit.raise()
        let sink = makeSink(options, frames: frames, sources: sources)
        let outcome = try tracing(opening: gate) { [self] in
            let tree = try plant(into: sink)
            return options.dump
                ? AttachedOutcome.text(try dump(tree)) : .profile(try profile(tree, into: sink))
        }
        try outcome.write(to: context.output, from: sink, options)
    }

    /// All that run now. Births are watched from before they are looked for, so none falls between.
    private func plant(into sink: any SampleSink) throws -> ProcessTree {
        let watch: any ProcessWatch = KernelEvents() ?? ChildrenScan()
        let tree = ProcessTree(
            settings: context.tree, frames: frames, tracees: tracees, sink: sink, sources: sources,
            watch: watch)
        tracees.observe { [weak tree] in tree?.note($0) }
        tree.join(pid)
        tree.survey()
        if options.dump || options.duration == 0 { try refuseNothingFound(tree) }
        return tree
    }

    private func refuseNothingFound(_ tree: ProcessTree) throws {
        let processes = tree.processes
        guard processes.found == 0 else { return }
        if processes.seen == 1, let explanation = tree.explanation(of: pid) {
            throw Failure(explanation: explanation)
        }
        throw Failure(
            explanation: "Failed to locate libpython: none of the \(processes.seen) processes from \(pid) on "
                + "was found to be a Python that pyflame can read"
                + (processes.lastProblem.map { ". Last seen: \($0)" } ?? ""))
    }

    private func profile(_ tree: ProcessTree, into sink: any SampleSink) throws -> RunStatistics {
        let clock = RunClock()
        let progress = Progress(interval: options.interval, duration: options.duration)
        SamplingLoop(interval: options.interval, duration: options.duration).run(
            tree, tracees: tracees, gate: gate,
            SamplingLoop.Handlers(
                record: { sample in
                    sink.record(sample)
                    progress?.update(at: sample.time, tree.statistics, ticks: tree.ticks)
                },
                goesOn: { signal, _ in SignalDisposition.isIgnored(signal) }))
        progress?.end()
        try refuseNothingFound(tree)
        return RunStatistics(
            sampling: tree.statistics, clock: clock, options: options,
            processes: tree.processes)
    }

    /// Each process under a line that names it; one that cannot be read is told of on stderr.
    private func dump(_ tree: ProcessTree) throws -> String {
        let formatter = FrameFormatter(frames: frames, lineNumbers: options.lineNumbers)
        var texts: [String] = []
        for (process, outcome) in tree.dump() {
            if options.dumpsJSON {
                let sink = DumpJSONSink(frames: frames, lineNumbers: options.lineNumbers)
                sink.begin(process)
                sink.record(Sample(time: 0, pid: process.pid, outcome: outcome))
                texts.append(sink.text)
                continue
            }
            let head = sanitised(process.label, isSentence: true) + ":\n"
            switch outcome {
            case .stacks(let threads): texts.append(head + "\n" + dumpText(samples: threads, formatter: formatter))
            case .idle: texts.append(head)
            case .failed: texts.append(head + Frame.failed.name + "\n")
            }
        }
        if let problem = tree.processes.lastProblem { complain(problem) }
        return texts.joined(separator: options.dumpsJSON ? "" : "\n")
    }
}
