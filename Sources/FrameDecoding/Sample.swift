/// A process whose samples are in the profile.
public struct ProfiledProcess: Hashable, Sendable {
    public var pid: Int32
    /// The process that started it, when that is profiled as well.
    public var parent: Int32?
    /// Its name as the kernel has it (`/proc/PID/comm`): at most 15 bytes, and whatever the process made of it.
    public var command: String
    public var version: PythonVersion

    public init(pid: Int32, parent: Int32? = nil, command: String, version: PythonVersion) {
        self.pid = pid
        self.parent = parent
        self.command = command
        self.version = version
    }
}

/// One thread's stack at one moment.
public struct ThreadSample: Sendable {
    public var thread: ThreadState
    /// The kernel's id of the thread, as pyflame's PID namespace has it; nil when it is not known.
    public var tid: Int32?
    /// The thread's name; nil when it was not asked for.
    public var name: String?
    /// Whether the thread held the GIL (or, free-threaded, was attached).
    public var isHolder: Bool
    /// Whether the kernel had it running or ready to run; nil when it was not asked.
    public var isRunning: Bool?
    /// Leaf first.
    public var frames: [FrameID]
    /// Arguments and local variables of each frame, in the same order; empty when they were not asked for.
    public var variables: [[Variable]] = []

    public init(
        thread: ThreadState, tid: Int32? = nil, name: String? = nil, isHolder: Bool,
        isRunning: Bool? = nil, frames: [FrameID]
    ) {
        self.thread = thread
        self.tid = tid
        self.name = name
        self.isHolder = isHolder
        self.isRunning = isRunning
        self.frames = frames
    }
}

/// What one tick of the sampler brought of one process.
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
    /// The process that it is of.
    public var pid: Int32
    public var outcome: Outcome
    /// How many it stands for: 1 from the sampler, more from a profile that was counted already.
    public var count: Int

    public init(time: UInt64, pid: Int32, outcome: Outcome, count: Int = 1) {
        self.time = time
        self.pid = pid
        self.outcome = outcome
        self.count = count
    }
}
