/// Which stacks are counted, as `--mode` has it; the view can change between them at any moment.
public enum CountedThreads: Int, CaseIterable, Sendable {
    case gil, cpu, wall

    public var name: String {
        switch self {
        case .gil: "gil"
        case .cpu: "cpu"
        case .wall: "wall"
        }
    }
}

/// In how many samples something was seen at the end of a stack (`own`) and anywhere in it (`total`), for each
/// way of counting.
struct Counts {
    private var own: (UInt32, UInt32, UInt32) = (0, 0, 0)
    private var total: (UInt32, UInt32, UInt32) = (0, 0, 0)

    /// Counts one stack; one of a thread with the GIL or on a processor counts for several views.
    mutating func add(isLeaf: Bool, gil: Bool, cpu: Bool) {
        total.2 &+= 1
        if cpu { total.1 &+= 1 }
        if gil { total.0 &+= 1 }
        guard isLeaf else { return }
        own.2 &+= 1
        if cpu { own.1 &+= 1 }
        if gil { own.0 &+= 1 }
    }

    mutating func add(_ other: Counts) {
        own.0 &+= other.own.0
        own.1 &+= other.own.1
        own.2 &+= other.own.2
        total.0 &+= other.total.0
        total.1 &+= other.total.1
        total.2 &+= other.total.2
    }

    func own(_ view: CountedThreads) -> Int {
        switch view {
        case .gil: Int(own.0)
        case .cpu: Int(own.1)
        case .wall: Int(own.2)
        }
    }

    func total(_ view: CountedThreads) -> Int {
        switch view {
        case .gil: Int(total.0)
        case .cpu: Int(total.1)
        case .wall: Int(total.2)
        }
    }
}

/// In how many samples a thread was seen, and how.
struct ThreadCounts {
    var samples = 0
    var gil = 0
    var cpu = 0

    mutating func add(_ other: ThreadCounts) {
        samples += other.samples
        gil += other.gil
        cpu += other.cpu
    }
}

/// What samples of a stretch of time add up to.
struct Tally {
    /// Ticks of each process, by pid; the largest is how many there were.
    var ticks: [Int32: Int] = [:]
    /// Samples in which no thread held the GIL, none used a processor, and that could not be read.
    var withoutGIL = 0
    var withoutCPU = 0
    var failed = 0
    /// By line (a frame's index) and by function (an index in the model's list).
    var lines: [UInt32: Counts] = [:]
    var functions: [UInt32: Counts] = [:]
    var threads: [ThreadKey: ThreadCounts] = [:]

    var samples: Int { ticks.values.reduce(0, +) }
    /// The samples that a share of 100 % stands for: those of one process.
    var whole: Int { ticks.values.max() ?? 0 }

    mutating func add(_ other: Tally) {
        ticks.merge(other.ticks, uniquingKeysWith: +)
        withoutGIL += other.withoutGIL
        withoutCPU += other.withoutCPU
        failed += other.failed
        for (key, counts) in other.lines { lines[key, default: Counts()].add(counts) }
        for (key, counts) in other.functions { functions[key, default: Counts()].add(counts) }
        for (key, counts) in other.threads { threads[key, default: ThreadCounts()].add(counts) }
    }
}

/// A thread of a process.
struct ThreadKey: Hashable {
    var pid: Int32
    /// PyThreadState's address and pthread_self(): one thread may run in several interpreters.
    var state: UInt64
    var threadID: UInt64
}
