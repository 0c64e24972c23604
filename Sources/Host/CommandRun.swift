import Attach
import FrameDecoding
import Glibc
import Output
import Probe
import Sampler
import System
import TargetMemory

/// `-t`: runs a command and profiles the Python in it, from the moment that it lives to its end.
///
/// The command may be a shell script, a shim or a wrapper that becomes Python later or starts it; so
/// every process that descends from it is watched until one of them is found to be Python. The
/// children of that one run free.
final class CommandRun {
    private let context: RunContext
    private var options: Options { context.options }
    private let frames = FrameTable()
    private let gate = SignalGate()
    private let tracees = Tracees()
    private let sources: TargetSources?
    private let images = ImageCache()
    private let arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

    private var root: pid_t = 0
    private var rootStatus: Int32?
    /// Processes that may yet become Python.
    private var watched: [pid_t: StartingProcess] = [:]
    /// The process that is being profiled.
    private var profiled: pid_t?
    private var statistics = Statistics()
    private var foundPython = false
    private var lastProblem: String?
    /// With --subprocesses: all processes of the command.
    private var tree: ProcessTree?
    /// `--top`: the screen, and where the command's output goes meanwhile.
    private var live: LiveSession?
    private let heldOutput = HeldOutput()

    /// `arguments` are the command's, as C strings ended by nil.
    init(_ context: RunContext, arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) {
        self.context = context
        sources = sourcesOfTargets(context.options)
        sources?.observe(tracees)
        self.arguments = arguments
    }

    /// The status to exit with.
    func run() throws -> Int32 {
        try refuseOwnKind(command: options.command?.first ?? "")
        let clock = RunClock()
        if options.top { live = try LiveSession(onAnyTerminalFor: options, frames: frames, sources: sources) }
        defer { heldOutput.show() }
        let sink = try tracing(opening: gate) { [self] () throws -> (any SampleSink)? in
            let command = try startCommand()
            let sink = live?.sink ?? makeSink(options, frames: frames, sources: sources)
            let pid = command.pid
            try live?.start(interrupt: { kill(pid, SIGINT) })
            defer { live?.stop() }
            if options.subprocesses {
                followAll(into: sink)
            } else {
                follow(into: sink)
            }
            if foundPython { live?.linger("the command has ended, status \(status)", gate: gate, tracees) }
            if let error = command.execError() { throw cannotRun(error) }
            return sink
        }
        guard foundPython else {
            throw Failure(
                explanation: "Failed to locate libpython: the command ended (status \(status)) and never "
                    + "ran a Python that pyflame could read" + (lastProblem.map { ". Last seen: \($0)" } ?? ""))
        }
        let run = RunStatistics(
            sampling: statistics, clock: clock, options: options,
            processes: tree?.processes)
        try sink.finish(run.summary, into: context.output.profile)
        try context.output.commit()
        if options.stats { complain(run.text) }
        return status
    }

    private var status: Int32 { rootStatus.map(Command.exitStatus) ?? 0 }

    private func startCommand() throws -> Command {
        let command: Command
        do {
            command =
                live == nil
                ? try Command(arguments, mask: gate.before)
                : try heldOutput.whileStarting { () throws(Command.NotStarted) in
                    try Command(arguments, mask: gate.before)
                }
        } catch {
            throw Failure(
                explanation: "Child process exited with status 127: cannot start a process: "
                    + String(cString: strerror(error.errno)))
        }
        // Only now: the command gets the disposition that pyflame was given.
        SignalDisposition.hearChildren()
        root = command.pid
        tracees.observe { [unowned self] in handle($0) }
        let refused = tracees.seize(root, followingForks: true)
        guard refused == 0 else {
            throw AttachFailure.refused(pid: root, errno: refused)
        }
        command.start()
        return command
    }

    private func cannotRun(_ error: Int32) -> Failure {
        Failure(
            explanation: "Child process exited with status 127: cannot run "
                + "\(sanitised(options.command?.first ?? "")): \(String(cString: strerror(error)))")
    }

    private func handle(_ event: Tracees.Event) {
        if let tree {
            tree.note(event)
            if case .ended(root, let status) = event, !lives(root) { rootStatus = status }
            return
        }
        switch event {
        case .executed(let pid):
            // Another program, another chance to be Python.
            tracees.follow(pid, forks: true)
            watch(pid)
        case .forked(let parent, let child):
            // The wrapper's children may be Python; Python's own run free.
            if isProfiled(parent) {
                letFree(child, of: parent)
            } else {
                watch(child)
            }
        case .cloned(let parent, let thread):
            // The wrapper's threads may start Python; Python's own are seized when they are sampled.
            if isProfiled(parent) { letFree(thread, of: parent) }
        case .ending: break
        case .ended(let tid, let status):
            watched[tid] = nil
            guard tid == root || tid == profiled else { return }
            if lives(tid) {
                watch(tid)
            } else if tid == root {
                rootStatus = status
            }
        }
    }

    private func isProfiled(_ tid: pid_t) -> Bool {
        guard let profiled else { return false }
        return tid == profiled || access("/proc/\(profiled)/task/\(tid)", F_OK) == 0
    }

    /// What `parent` starts from now on is not even stopped.
    private func letFree(_ child: pid_t, of parent: pid_t) {
        tracees.release(child)
        tracees.follow(parent, forks: false)
    }

    private func watch(_ pid: pid_t) {
        watched[pid] = StartingProcess(pid: pid, settings: context.detection, frames: frames, images: images)
    }

    /// Whether a process lives on after its main thread ended, under another program: when a thread
    /// that was not traced ran execve.
    private func lives(_ pid: pid_t) -> Bool {
        guard let stat = ProcessStat(pid), !stat.hasEnded else { return false }
        return tracees.seize(pid, followingForks: true) == 0
    }

    /// Until the command has ended: looks for Python among the watched processes, and profiles it.
    private func follow(into sink: any SampleSink) {
        while rootStatus == nil {
            let next = watched.values.map(\.nextLook).min() ?? .max
            switch gate.wait(until: next == .max ? monotonicNow() + 1_000_000_000 : next) {
            case .interrupted(let signal, let sent): passOn(signal, sent)
            case .suspended: gate.stop()
            case .child: tracees.handleEvents()
            case .deadline:
                for process in watched.values where process.nextLook <= monotonicNow() {
                    guard let detection = process.look() else {
                        lastProblem = process.problem ?? lastProblem
                        continue
                    }
                    watched[process.pid] = nil
                    profile(process, detection, into: sink)
                    break
                }
                tracees.handleEvents()
            }
        }
    }

    /// The same for all processes of the command at once. Each is traced from birth, so none is missed.
    private func followAll(into sink: any SampleSink) {
        DescriptorLimit.raise()
        let tree = ProcessTree(
            settings: context.tree, frames: frames, tracees: tracees, sink: sink, sources: sources,
            watch: nil)
        self.tree = tree
        tree.join(root)
        SamplingLoop(interval: options.interval, duration: nil).run(
            tree, tracees: tracees, gate: gate,
            SamplingLoop.Handlers(
                record: sink.record,
                goesOn: { [unowned self] in
                    passOn($0, $1)
                    return true
                },
                isOver: { [unowned self] in rootStatus != nil }))
        statistics = tree.statistics
        foundPython = tree.processes.found > 0
        lastProblem = tree.processes.lastProblem
    }

    private func profile(
        _ process: StartingProcess, _ detection: Detection, into sink: any SampleSink
    ) {
        let sampler: Sampler
        do {
            sampler = try detection.makeSampler(
                reading: process.source, tracees: tracees,
                options: live == nil ? options.sampling : LiveSession.sampling, means: .sharedProcessorThenStops)
        } catch {
            lastProblem = (error as? any RunError)?.explanation ?? "\(error)"
            return
        }
        foundPython = true
        profiled = process.pid
        sources?.add(detection.identity)
        sink.begin(detection.process)
        SamplingLoop(interval: options.interval, duration: nil).run(
            sampler, tracees: tracees, gate: gate,
            SamplingLoop.Handlers(
                record: { [live] sample in
                    sink.record(sample)
                    live?.note(missed: sampler.statistics.missed)
                },
                goesOn: { [unowned self] in
                    passOn($0, $1)
                    return true
                },
                isOver: { [unowned self] in rootStatus != nil }))
        profiled = nil
        statistics.add(sampler.statistics)
    }

    /// What the terminal sends reaches the command by itself; what somebody sends to pyflame is meant
    /// for the command.
    private func passOn(_ signal: Int32, _ sent: Bool) {
        if sent { kill(root, signal) }
    }
}
