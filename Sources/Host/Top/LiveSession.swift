import Attach
import FrameDecoding
import Glibc
import Live
import Output
import Sampler
import System

/// `--top` around a run: the screen, what is counted for it, and what is saved of it.
final class LiveSession: @unchecked Sendable {
    private let options: Options
    private let sources: TargetSources?
    private let clock = RunClock()
    private let model: LiveModel
    private let seen: SeenStacks
    private let screen: LiveScreen
    private let state: State

    /// What the screen's thread tells the sampling thread.
    private final class State: @unchecked Sendable {
        private let lock = Lock()
        private var left = false
        private var interrupted: @Sendable () -> Void = {}

        var hasLeft: Bool {
            get { lock.locked { left } }
            set { lock.locked { left = newValue } }
        }
        var interrupt: @Sendable () -> Void {
            get { lock.locked { interrupted } }
            set { lock.locked { interrupted = newValue } }
        }
    }

    /// `screen` is a descriptor that is open on the terminal.
    init(options: Options, frames: FrameTable, sources: TargetSources?, pid: pid_t?, on descriptor: Int32) throws(Failure) {
        let terminal: Terminal
        do {
            terminal = try Terminal(on: descriptor)
        } catch {
            throw Failure(
                explanation: "--top needs a terminal to draw on: \(error.explanation). Without one, "
                    + "profile to a file: pyflame -o profile.svg")
        }
        self.options = options
        self.sources = sources
        let model = LiveModel(table: frames)
        let seen = SeenStacks(table: frames)
        let state = State()
        let clock = clock
        self.model = model
        self.seen = seen
        self.state = state
        let look = Self.appearance()
        screen = LiveScreen(
            terminal: terminal, model: model,
            view: LiveView(counting: CountedThreads(options.mode)), text: look,
            handlers: LiveScreen.Handlers(
                quit: {
                    state.hasLeft = true
                    // Ends the wait for the next sample, and does nothing else.
                    kill(getpid(), SIGCHLD)
                },
                interrupt: { state.interrupt() },
                save: { counting in
                    let path = options.output ?? Self.name(pid)
                    var options = options
                    if options.output == nil { options.format = .svg }
                    options.mode = counting.mode
                    do {
                        let output = try OutputFile(path: path, isPrivate: options.isPrivate)
                        try Self.write(seen, options, sources, clock, into: output.profile)
                        try output.commit()
                        return "saved: \(path)"
                    } catch let error as OutputError {
                        return error.explanation
                    } catch {
                        return "\(error)"
                    }
                }))
    }

    /// On whatever terminal there is: with `-t` the standard descriptors may be the command's business.
    convenience init(onAnyTerminalFor options: Options, frames: FrameTable, sources: TargetSources?) throws(Failure) {
        let descriptors = [STDOUT_FILENO, STDERR_FILENO, STDIN_FILENO]
        try self.init(
            options: options, frames: frames, sources: sources, pid: nil,
            on: descriptors.first { isatty($0) == 1 } ?? STDOUT_FILENO)
    }

    /// All that the screen may be asked to show.
    static let sampling = Sampler.Options(mode: .wall, names: true, activity: true)

    /// What takes the samples; at the end it writes what was seen, where `-o` names a file.
    var sink: any SampleSink { Tee(session: self) }

    private final class Tee: SampleSink {
        private let session: LiveSession
        init(session: LiveSession) { self.session = session }

        func begin(_ process: ProfiledProcess) {
            session.model.begin(process)
            session.seen.begin(process)
        }

        func record(_ sample: Sample) {
            session.model.record(sample)
            session.seen.record(sample)
        }

        func finish(_ run: RunSummary, into output: ProfileOutput) throws {
            guard session.options.output != nil else { return }
            try LiveSession.write(session.seen, session.options, session.sources, session.clock, into: output)
        }
    }

    /// Shows the screen. `interrupt` is what Ctrl-C does.
    func start(interrupt: (@Sendable () -> Void)? = nil) throws(Failure) {
        let state = state
        state.interrupt =
            interrupt ?? {
                state.hasLeft = true
                kill(getpid(), SIGCHLD)
            }
        guard screen.start() else { throw Failure(explanation: "Failed to start a thread") }
    }

    /// Whether the user has left the screen.
    var isOver: Bool { state.hasLeft }

    func note(missed: Int) { model.note(missed: missed) }

    /// No more samples come: keeps the last picture until the user leaves, or a signal comes. What is still traced has to be
    /// seen to meanwhile: the parent of a process whose threads end is not told before their tracer has heard of it.
    func linger(_ reason: String, gate: SignalGate, _ tracees: Tracees) {
        model.end(reason)
        while !isOver {
            tracees.handleEvents()
            if case .interrupted(let signal, _) = gate.wait(until: monotonicNow() + 1_000_000_000),
                !SignalDisposition.isIgnored(signal)
            {
                return
            }
        }
    }

    /// Leaves the screen; the terminal is as it was.
    func stop() { screen.stop() }

    private static func write(
        _ seen: SeenStacks, _ options: Options, _ sources: TargetSources?, _ clock: RunClock, into output: ProfileOutput
    ) throws {
        let sink = seen.replay(counting: CountedThreads(options.mode)) { makeSink(options, frames: $0, sources: sources) }
        try sink.finish(
            RunSummary(
                startedAt: clock.startedAt, start: clock.start, duration: clock.elapsed,
                interval: options.interval, mode: options.mode), into: output)
    }

    /// Of the moment: nothing is overwritten.
    private static func name(_ pid: pid_t?) -> String {
        var now = time(nil)
        var local = tm()
        localtime_r(&now, &local)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let day = "\(local.tm_year + 1900)\(two(local.tm_mon + 1))\(two(local.tm_mday))"
        let moment = "\(two(local.tm_hour))\(two(local.tm_min))\(two(local.tm_sec))"
        return "pyflame-\(pid.map { "\($0)-" } ?? "")\(day)-\(moment).svg"
    }

    /// What the terminal can show, as its user's environment tells.
    private static func appearance() -> LiveText {
        func variable(_ name: String) -> String? {
            getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
        }
        let locale = variable("LC_ALL") ?? variable("LC_CTYPE") ?? variable("LANG") ?? ""
        let kind = variable("TERM") ?? ""
        return LiveText(
            isUnicode: ["utf-8", "utf8"].contains { locale.lowercased().hasSuffix($0) },
            hasAttributes: true, hasColours: variable("NO_COLOR") == nil && !kind.hasPrefix("vt"))
    }
}

extension CountedThreads {
    init(_ mode: SamplingMode) {
        self =
            switch mode {
            case .gil: .gil
            case .cpu: .cpu
            case .wall: .wall
            }
    }

    var mode: SamplingMode {
        switch self {
        case .gil: .gil
        case .cpu: .cpu
        case .wall: .wall
        }
    }
}
