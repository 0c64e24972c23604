import FrameDecoding
import Sampler
import Sinks

/// Does `body` on a tracer thread and gives back what it brings; `gate` is opened when it is over, whatever came of it.
/// A `body` that brings nothing was told to stop for a while: its thread ends, so that the kernel lets go of all that was
/// traced, pyflame stops and, when it is continued, does `body` again on another thread.
func tracing<Value>(
    opening gate: SignalGate, _ body: @escaping () throws(Failure) -> Value?
) throws(Failure) -> Value {
    defer { gate.open() }
    while true {
        if let value = try tracing(body) { return value }
        gate.stop()
    }
}

/// Does `body` on a tracer thread and gives back what it brings.
func tracing<Value>(_ body: @escaping () throws(Failure) -> Value) throws(Failure) -> Value {
    var result: Result<Value, Failure>?
    let started = onTracerThread {
        do throws(Failure) {
            result = .success(try body())
        } catch {
            result = .failure(error)
        }
    }
    guard started, let result else { throw Failure(explanation: "Failed to start a thread") }
    return try result.get()
}

/// What becomes of a run that attached to a process.
enum AttachedOutcome {
    /// The profile is in the sink.
    case profile(RunStatistics)
    /// A dump, or what `--probe` found.
    case text(String)

    /// Writes it; with `--stats`, says on stderr how the sampling went.
    func write(to output: OutputFile, from sink: any SampleSink, _ options: Options) throws {
        switch self {
        case .text(let text):
            try output.write(text)
            try output.commit()
        case .profile(let statistics):
            try sink.finish(statistics.summary, into: output.profile)
            try output.commit()
            if options.stats { Program.complain(statistics.text) }
        }
    }
}
