import Attach
import Formats
import FrameDecoding
import Glibc
import Output
import Probe
import Profiles
import Sampler
import System
import TargetMemory

/// `-p`: attaches to a running process and profiles, dumps or probes it.
final class AttachedRun {
    private let pid: pid_t
    private let context: RunContext
    private var options: Options { context.options }
    private let frames = FrameTable()
    private let gate = SignalGate()
    private let sources: TargetSources?
    /// As it was found.
    private var process: ProfiledProcess?
    private var session: Session?

    init(pid: pid_t, context: RunContext) {
        self.pid = pid
        self.context = context
        let options = context.options
        let isForPeople = options.dump && !options.dumpsJSON && options.output == nil && isatty(STDOUT_FILENO) == 1
        sources = isForPeople ? TargetSources() : sourcesOfTargets(options)
    }

    func run() throws {
        try refuseUnfitTarget(pid)
        SignalDisposition.hearChildren()
        let live = options.top
            ? try LiveSession(options: options, frames: frames, sources: sources, pid: pid, on: STDOUT_FILENO) : nil
        let sink = live?.sink ?? makeSink(options, frames: frames, sources: sources)
        let outcome = try tracing(opening: gate) { [self] in
            if options.probe { return AttachedOutcome.text(probe()) }
            if options.dump { return .text(try dump()) }
            return try profile(into: sink, live).map { AttachedOutcome.profile($0) }
        }
        try outcome.write(to: context.output, from: sink, options)
    }

    private func detector(_ source: any MemorySource) -> Detector {
        Detector(
            pid: pid, source: source, frames: frames, settings: context.detection)
    }

    private func sampler(
        _ tracees: Tracees, options: Sampler.Options, into sink: (any SampleSink)? = nil
    ) throws -> Sampler {
        let source = LiveProcess(pid: pid)
        let detection = try detector(source).detect()
        // For a single sample the shared processor is not worth its preparation.
        let means: MeansOfStillness =
            self.options.nonblocking ? .sharedProcessor : self.options.dump ? .stops : .sharedProcessorThenStops
        let sampler = try detection.makeSampler(reading: source, tracees: tracees, options: options, means: means)
        process = detection.process
        sources?.add(detection.identity)
        sink?.begin(detection.process)
        return sampler
    }

    /// Nil when pyflame is to stop for a while; called again, goes on where it was.
    private func profile(
        into sink: any SampleSink, _ live: LiveSession?
    ) throws -> RunStatistics? {
        if let session {
            let refused = session.resume()
            if refused != 0 {
                // What there is so far is not given up for it.
                complain(AttachFailure.refused(pid: pid, errno: refused).explanation)
                return session.finish(gate)
            }
        } else {
            let tracees = Tracees()
            sources?.observe(tracees)
            let sampler = try sampler(
                tracees, options: live == nil ? options.sampling : LiveSession.sampling, into: sink)
            try live?.start()
            session = Session(pid: pid, sampler: sampler, tracees: tracees, sink: sink, live: live, options: options)
        }
        guard let session, session.sample(gate) == .over else { return nil }
        return session.finish(gate)
    }

    private func dump() throws -> String {
        let json =
            options.dumpsJSON ? DumpJSONSink(frames: frames, lineNumbers: options.lineNumbers) : nil
        let people = json == nil && options.output == nil && isatty(STDOUT_FILENO) == 1
        let sampler = try sampler(
            Tracees(),
            options: Sampler.Options(
                mode: .wall, names: json != nil || people || options.locals, activity: people,
                variables: options.locals), into: json)
        if options.locals, !sampler.readsVariables {
            throw Failure(explanation: "--locals: the decoder of this Python does not read variables; dump without it")
        }
        let sample = sampler.sample()
        switch sample.outcome {
        case .stacks(let threads):
            if let json {
                json.record(sample)
                return json.text
            }
            if people { return peopleDump(threads) }
            return dumpText(
                samples: threads,
                formatter: FrameFormatter(frames: frames, lineNumbers: options.lineNumbers))
        case .idle: return json?.text ?? (people ? peopleDump([]) : "")
        case .failed:
            throw Failure(
                explanation: "Failed to read the stacks of process \(pid): "
                    + (sampler.isTargetGone
                        ? "it has just ended or become another program"
                        : "its state changed during each of several attempts. Try again, or see "
                            + "pyflame --probe -p \(pid)"))
        }
    }

    /// For whoever sits at the terminal.
    private func peopleDump(_ threads: [ThreadSample]) -> String {
        let kind = getenv("TERM").map { String(cString: $0) } ?? ""
        let isPlain = getenv("NO_COLOR").map { $0.pointee != 0 } ?? false
        return PeopleDump(
            process: process ?? ProfiledProcess(pid: pid, command: "", version: PythonVersion(0, 0)),
            frames: frames, lineNumbers: options.lineNumbers, sources: sources,
            hasColours: !isPlain && !kind.isEmpty && kind != "dumb"
        ).text(threads) { [pid] tid in
            ProcFile.firstLine("/proc/\(pid)/task/\(tid)/comm")
        }
    }

    private func probe() -> String {
        let source = LiveProcess(pid: pid)
        let detector = detector(source)
        let outcome: Result<Detection, DetectionFailure>
        do {
            outcome = .success(try detector.detect())
        } catch {
            outcome = .failure(error)
        }
        return ProbeText(pid: pid, detector: detector, symbols: context.decoders.wantedSymbols, outcome: outcome).text(source)
    }
}
