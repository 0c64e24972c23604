import FrameDecoding
import Glibc

/// What `--top` shows, as it comes in: samples are added on the sampling thread, and the screen's thread takes
/// a `LivePicture` now and then. Neither waits for the other longer than it takes to add up numbers.
///
/// Counts are kept for all of the run and, in slices of half a second, for its last seconds.
public final class LiveModel: SampleSink, @unchecked Sendable {
    /// Everything below is touched under this lock.
    private let lock = Lock()
    private let table: FrameTable
    private var frames: [Frame] = []
    private var functionOfFrame: [UInt32] = []
    private var functions: [Frame] = []
    private var functionIndex: [Frame: UInt32] = [:]
    private var whole = Tally()
    private var slices: [Slice] = []
    private var threads: [ThreadKey: LiveThread] = [:]
    private var processes: [ProfiledProcess] = []
    private var firstTime: UInt64 = 0
    private var lastTime: UInt64 = 0
    private var missed = 0
    private var ending: String?
    // Marks what the present stack has been counted for already: recursion counts once.
    private var lineMark: [UInt32] = []
    private var functionMark: [UInt32] = []
    private var mark: UInt32 = 0

    private struct Slice {
        var number: UInt64
        var tally = Tally()
    }

    /// Nanoseconds of a slice, and how many make the window.
    public static let sliceTime: UInt64 = 500_000_000
    private let slicesKept: Int

    /// How long the window is that the screen shows.
    public static let windowSeconds = 5

    /// `table` has the frames of the samples to come; the window is `seconds` long.
    public init(table: FrameTable, window seconds: Int = LiveModel.windowSeconds) {
        self.table = table
        slicesKept = max(1, seconds * Int(1_000_000_000 / Self.sliceTime))
    }

    // MARK: - The sampling thread

    public func begin(_ process: ProfiledProcess) {
        lock.locked {
            processes.append(process)
            ending = nil
        }
    }

    public func record(_ sample: Sample) {
        lock.locked {
            if firstTime == 0 { firstTime = sample.time }
            lastTime = max(lastTime, sample.time)
            let number = sample.time / Self.sliceTime
            if slices.last?.number != number {
                slices.append(Slice(number: number))
                slices.removeAll { $0.number &+ UInt64(slicesKept) <= number }
            }
            add(sample, to: &slices[slices.count - 1].tally)
            add(sample, to: &whole)
        }
    }

    /// Nothing is written at the end: the picture is what was asked for.
    public func finish(_ run: RunSummary, into output: ProfileOutput) throws {}

    /// Ticks that passed without a sample.
    public func note(missed: Int) { lock.locked { self.missed = missed } }

    /// No more samples come, and why.
    public func end(_ reason: String) { lock.locked { ending = reason } }

    private func add(_ sample: Sample, to tally: inout Tally) {
        tally.ticks[sample.pid, default: 0] += 1
        var someGIL = false
        var someCPU = false
        switch sample.outcome {
        case .failed:
            tally.failed += 1
            return
        case .idle: break
        case .stacks(let stacks):
            for stack in stacks where !stack.frames.isEmpty {
                let cpu = stack.isRunning ?? stack.isHolder
                someGIL = someGIL || stack.isHolder
                someCPU = someCPU || cpu
                let key = ThreadKey(
                    pid: sample.pid, state: stack.thread.address, threadID: stack.thread.threadID)
                var counts = tally.threads[key] ?? ThreadCounts()
                counts.samples += 1
                if stack.isHolder { counts.gil += 1 }
                if cpu { counts.cpu += 1 }
                tally.threads[key] = counts
                note(stack, key)
                count(stack, cpu: cpu, in: &tally)
            }
        }
        if !someGIL { tally.withoutGIL += 1 }
        if !someCPU { tally.withoutCPU += 1 }
    }

    private func note(_ stack: ThreadSample, _ key: ThreadKey) {
        guard threads.count < 1 << 16 || threads[key] != nil else { return }
        threads[key] = LiveThread(
            pid: key.pid, tid: stack.tid, threadID: stack.thread.threadID, name: stack.name,
            leaf: learn(stack.frames[0]))
    }

    private func count(_ stack: ThreadSample, cpu: Bool, in tally: inout Tally) {
        mark &+= 1
        for (depth, id) in stack.frames.enumerated() {
            let line = learn(id)
            let function = functionOfFrame[Int(line)]
            if lineMark[Int(line)] != mark {
                lineMark[Int(line)] = mark
                tally.lines[line, default: Counts()].add(isLeaf: depth == 0, gil: stack.isHolder, cpu: cpu)
            }
            if functionMark[Int(function)] != mark {
                functionMark[Int(function)] = mark
                tally.functions[function, default: Counts()]
                    .add(isLeaf: depth == 0, gil: stack.isHolder, cpu: cpu)
            }
        }
    }

    /// The frame is copied, as its table is the sampling thread's.
    private func learn(_ id: FrameID) -> UInt32 {
        while frames.count <= Int(id.index) {
            let frame = table[FrameID(index: UInt32(frames.count))]
            frames.append(frame)
            lineMark.append(0)
            let key = frame.function
            let next = UInt32(functions.count)
            let function = functionIndex[key] ?? next
            if function == next {
                functionIndex[key] = next
                functions.append(frame)
                functionMark.append(0)
            }
            functionOfFrame.append(function)
        }
        return id.index
    }

    // MARK: - The screen's thread

    /// Forgets what was counted.
    public func reset() {
        lock.locked {
            whole = Tally()
            slices = []
            threads = [:]
            firstTime = 0
        }
    }

    /// What is to be seen now, of the window or of all of the run.
    public func picture(ofWindow: Bool, folding: LiveFolding, counting view: CountedThreads) -> LivePicture {
        // Numbers and arrays are taken under the lock (arrays are shared, not copied); the rest is worked
        // out behind it.
        let taken = lock.locked {
            (
                tally: ofWindow ? nil : whole, slices: ofWindow ? slices.map(\.tally) : [],
                places: folding == .function ? functions : frames, frames: frames, threads: self.threads,
                processes: processes, first: firstTime, last: lastTime,
                windowStart: (slices.first?.number ?? 0) * Self.sliceTime, missed: missed, ending: ending
            )
        }
        var tally = taken.tally ?? Tally()
        for slice in taken.slices { tally.add(slice) }
        let counts = folding == .function ? tally.functions : tally.lines
        let all = tally.whole
        func share(_ count: Int) -> Double { all > 0 ? Double(count) / Double(all) : 0 }
        var rows: [LiveRow] = []
        rows.reserveCapacity(counts.count)
        for (index, counts) in counts where counts.total(view) > 0 {
            let frame = taken.places[Int(index)]
            rows.append(
                LiveRow(
                    name: frame.name, file: frame.file,
                    line: folding == .function ? frame.firstLine : frame.line,
                    own: share(counts.own(view)), total: share(counts.total(view))))
        }
        let threads = tally.threads.compactMap { key, counts -> LiveThreadRow? in
            guard let thread = taken.threads[key], counts.samples > 0 else { return nil }
            return LiveThreadRow(
                thread: thread, gil: share(counts.gil), cpu: share(counts.cpu),
                idle: Double(counts.samples - counts.cpu) / Double(counts.samples),
                place: taken.frames[Int(thread.leaf)])
        }
        let begin = ofWindow ? max(taken.first, taken.windowStart) : taken.first
        let time = taken.last &- begin
        return LivePicture(
            rows: rows, threads: threads, processes: taken.processes, samples: all,
            gil: all > 0 ? 1 - share(min(tally.withoutGIL + tally.failed, all)) : 0,
            cpu: all > 0 ? 1 - share(min(tally.withoutCPU + tally.failed, all)) : 0,
            failed: tally.failed, missed: taken.missed, elapsed: taken.last &- taken.first,
            rate: time > 0 ? Double(max(all - 1, 0)) * 1e9 / Double(time) : 0, ending: taken.ending)
    }
}
