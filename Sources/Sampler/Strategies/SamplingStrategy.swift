import FrameDecoding

/// A way to read the target while nothing that is read can change. `Sampler` has an ordered list of them and asks one
/// after another, cheapest first. Another way is another type that answers this one question.
protocol SamplingStrategy: AnyObject {
    /// A new sample begins: the attempts that follow belong to it.
    func beginSample()
    /// Tries to take a sample now.
    ///
    /// - Parameters:
    ///   - holders: the threads that hold the lock, as far as is known; none when the lock is free. All of them have to
    ///     stand still while the target is read.
    ///   - isGuess: whether nobody has looked at the lock yet, and `holders` are those of the last sample.
    /// - Returns: after everybody who was held was let go again.
    func attempt(_ holders: [ThreadState], isGuess: Bool) -> AttemptResult
}

extension SamplingStrategy {
    func beginSample() {}
}

/// What came of an attempt to take a sample.
enum AttemptResult {
    /// The stacks are of one moment. `holder` is the only thread that held the lock then; nil when there were several, or
    /// none.
    case sampled([ThreadSample], holder: ThreadState?)
    /// Nothing moved, but what was read is no sample: another thread has the lock, or it was just changing hands.
    case lockElsewhere
    /// A thread moved while it was read.
    case moved
    /// This way cannot be used with these threads, or not now.
    case notAvailable
}
