/// What becomes of the samples: a sink takes them one by one and writes its format.
public protocol SampleSink: AnyObject {
    /// A process joins the profile; called before its first sample.
    func begin(_ process: ProfiledProcess)
    /// A process of the profile ended; its PID may be used again.
    func end(_ pid: Int32)
    /// Called for each sample, in order of time.
    func record(_ sample: Sample)
    /// Writes the profile; called once, at the end.
    func finish(_ run: RunSummary, into output: ProfileOutput) throws
}

extension SampleSink {
    /// Most formats do not tell processes apart.
    public func begin(_ process: ProfiledProcess) {}
    public func end(_ pid: Int32) {}
}

/// Where a profile is written to, piece by piece.
public struct ProfileOutput {
    private let sink: (UnsafeRawBufferPointer) throws -> Void

    /// `sink` takes each piece, and throws when it cannot be written.
    public init(_ sink: @escaping (UnsafeRawBufferPointer) throws -> Void) {
        self.sink = sink
    }

    /// Writes text as UTF-8.
    public func write(_ text: String) throws {
        var text = text
        try text.withUTF8 { try sink(UnsafeRawBufferPointer($0)) }
    }

    public func write(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try sink($0) }
    }
}

/// How the sampling went as a whole, for formats that say so.
public struct RunSummary: Sendable {
    /// When sampling began: nanoseconds since the Unix epoch, and on the monotonic clock of the samples.
    public var startedAt: UInt64
    public var start: UInt64
    /// Nanoseconds from the beginning to the end of sampling.
    public var duration: UInt64
    /// Nanoseconds between two samples, as asked for.
    public var interval: UInt64
    /// What was sampled of each process.
    public var mode: SamplingMode
    /// Samples that were taken, idle and failed ones among them.
    public var samples: Int
    /// Ticks that passed without a sample.
    public var missed: Int
    public var failed: Int
    public var idle: Int

    public init(
        startedAt: UInt64 = 0, start: UInt64 = 0, duration: UInt64 = 0, interval: UInt64 = 0,
        mode: SamplingMode = .gil, samples: Int = 0, missed: Int = 0, failed: Int = 0, idle: Int = 0
    ) {
        self.startedAt = startedAt
        self.start = start
        self.duration = duration
        self.interval = interval
        self.mode = mode
        self.samples = samples
        self.missed = missed
        self.failed = failed
        self.idle = idle
    }
}
