import FrameDecoding

/// What a row of the table stands for.
public enum LiveFolding: Sendable {
    case function, line
}

/// A function or a line, and its shares of the samples (1 is all of them).
public struct LiveRow: Equatable, Sendable {
    public var name: String
    public var file: String
    /// 0 when it is not known.
    public var line: Int
    public var own: Double
    public var total: Double
}

/// A thread as it was last seen.
public struct LiveThread: Sendable {
    public var pid: Int32
    public var tid: Int32?
    public var threadID: UInt64
    public var name: String?
    /// Index of its innermost frame.
    var leaf: UInt32

    public var label: String {
        let id = tid.map { "\($0)" } ?? "\(threadID)"
        return name.map { "\($0) (\(id))" } ?? "thread \(id)"
    }
}

/// A thread and its shares of the samples.
public struct LiveThreadRow: Sendable {
    public var thread: LiveThread
    public var gil: Double
    public var cpu: Double
    /// The share of its own samples in which it used no processor.
    public var idle: Double
    /// Where it was last seen.
    public var place: Frame
}

/// All that the screen shows of a moment.
public struct LivePicture: Sendable {
    public var rows: [LiveRow] = []
    public var threads: [LiveThreadRow] = []
    public var processes: [ProfiledProcess] = []
    /// Samples that 100 % stands for.
    public var samples = 0
    /// Shares of samples in which some thread held the GIL, and in which one used a processor.
    public var gil = 0.0
    public var cpu = 0.0
    public var failed = 0
    public var missed = 0
    /// Nanoseconds since the first sample.
    public var elapsed: UInt64 = 0
    /// Samples a second.
    public var rate = 0.0
    /// Why no more samples come.
    public var ending: String?

    public init(
        rows: [LiveRow] = [], threads: [LiveThreadRow] = [], processes: [ProfiledProcess] = [],
        samples: Int = 0, gil: Double = 0, cpu: Double = 0, failed: Int = 0, missed: Int = 0,
        elapsed: UInt64 = 0, rate: Double = 0, ending: String? = nil
    ) {
        self.rows = rows
        self.threads = threads
        self.processes = processes
        self.samples = samples
        self.gil = gil
        self.cpu = cpu
        self.failed = failed
        self.missed = missed
        self.elapsed = elapsed
        self.rate = rate
        self.ending = ending
    }
}
