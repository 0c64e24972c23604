import Sampler

/// The system has no room for another thread.
package struct NoThread: Error {
    package let explanation = "Failed to start a thread"
    package init() {}
}

/// Does `body` on a tracer thread and gives back what it brings; `gate` is opened when it is over, whatever came of it.
/// A `body` that brings nothing was told to stop for a while: its thread ends, so that the kernel lets go of all that was
/// traced, pyflame stops and, when it is continued, does `body` again on another thread.
package func tracing<Value>(opening gate: SignalGate, _ body: @escaping () throws -> Value?) throws -> Value {
    defer { gate.open() }
    while true {
        if let value = try tracing(body) { return value }
        gate.stop()
    }
}

/// Does `body` on a tracer thread and gives back what it brings.
package func tracing<Value>(_ body: @escaping () throws -> Value) throws -> Value {
    var result: Result<Value, any Error>?
    let started = onTracerThread { result = Result(catching: body) }
    guard started, let result else { throw NoThread() }
    return try result.get()
}
