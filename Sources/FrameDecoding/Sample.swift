/// One thread's stack at one moment.
public struct ThreadSample: Sendable {
    public var thread: ThreadState
    /// Whether the thread held the GIL (or, free-threaded, was attached).
    public var isHolder: Bool
    /// Leaf first.
    public var frames: [FrameID]

    public init(thread: ThreadState, isHolder: Bool, frames: [FrameID]) {
        self.thread = thread
        self.isHolder = isHolder
        self.frames = frames
    }
}

/// What one tick of the sampler brought.
public struct Sample: Sendable {
    public enum Outcome: Sendable {
        /// The stacks of the holder or, with --threads, of all threads (which may be none).
        case stacks([ThreadSample])
        /// No thread held the GIL.
        case idle
        /// No consistent stack could be had.
        case failed
    }

    /// When the sample was taken: nanoseconds on the monotonic clock.
    public var time: UInt64
    public var outcome: Outcome

    public init(time: UInt64, outcome: Outcome) {
        self.time = time
        self.outcome = outcome
    }
}

/// What becomes of the samples: a sink takes them one by one and writes its format.
public protocol SampleSink: AnyObject {
    /// Called for each sample, in order of time.
    func record(_ sample: Sample)
    /// Hands over everything that is to be written, in pieces; called once, at the end.
    func finish(_ write: (String) throws -> Void) throws
}
