import FrameDecoding

/// Every sample with its time, packed: what the formats with a time axis share.
///
/// A sample is written as the time since the last one and what has changed since the last stacks, so
/// a thread that sleeps costs nothing: an hour at 100 Hz of one busy thread is some 3 MB.
package final class SampleLog {
    /// One thread's stack in a sample.
    package struct Entry: Equatable {
        /// Index into `threads`.
        package var track: Int
        package var node: CallTree.Node
        package var isHolder: Bool
    }

    package enum Outcome: Equatable {
        case idle, failed
        /// Never empty; in the order of `threads`.
        case stacks([Entry])
    }

    /// A sample as it comes back.
    package struct Moment: Equatable {
        /// In microseconds.
        package var time: UInt64
        /// Index into `processes`; the stacks are those of this process only.
        package var process: Int
        package var outcome: Outcome
        /// How many samples it stands for.
        package var count: UInt64
    }

    package let tree = CallTree()
    /// In order of appearance.
    package private(set) var threads = ThreadTable()
    /// The PIDs that samples are of, in order of appearance.
    package private(set) var processes: [Int32] = []
    package private(set) var count = 0
    /// Of the first and the last sample, in microseconds.
    package private(set) var firstTime: UInt64 = 0
    package private(set) var lastTime: UInt64 = 0

    /// Of all samples but the last: how many they stand for.
    private var countBefore: UInt64 = 0
    private var lastCount: UInt64 = 0
    private var indexOfProcess: [Int32: Int] = [:]
    private var packed = PackedBytes()
    /// By process: the stacks of its last sample.
    private var present: [[Entry]] = []

    // The number after time and process: idle, failed, a count that is not 1 (and one of the others
    // again), or this more than the number of changes.
    private static let idle: UInt64 = 0
    private static let failed: UInt64 = 1
    private static let counted: UInt64 = 2
    private static let changes: UInt64 = 3

    package init() {}

    package var byteCount: Int { packed.byteCount }

    /// Microseconds from one sample of a process to the next, on average; what the last one is taken to
    /// have lasted.
    package var meanInterval: UInt64 {
        let each = (countBefore &+ lastCount) / UInt64(max(processes.count, 1))
        return each > lastCount ? max((lastTime - firstTime) / (each - lastCount), 1) : 10_000
    }

    /// When a sample that none of its process follows is taken to have ended, in microseconds.
    package func end(of last: Moment) -> UInt64 { end(last.time, last.count) }

    /// The same of the very last one.
    package var endTime: UInt64 { end(lastTime, lastCount) }

    private func end(_ time: UInt64, _ count: UInt64) -> UInt64 {
        let (length, isHuge) = meanInterval.multipliedReportingOverflow(by: count)
        let (end, isLate) = time.addingReportingOverflow(length)
        return isHuge || isLate ? .max : end
    }

    package func append(_ sample: Sample) {
        let time = max(sample.time / 1000, lastTime)
        if count == 0 { firstTime = time }
        packed.append(time - (count == 0 ? 0 : lastTime))
        lastTime = time
        count += 1
        let process = process(of: sample.pid)
        packed.append(UInt64(process))
        countBefore &+= lastCount
        lastCount = UInt64(max(sample.count, 0))
        if lastCount != 1 {
            packed.append(Self.counted)
            packed.append(lastCount)
        }
        switch sample.outcome {
        case .idle: packed.append(Self.idle)
        case .failed: packed.append(Self.failed)
        case .stacks(let samples):
            let entries = entries(samples, of: process)
            guard !entries.isEmpty else { return packed.append(Self.idle) }
            appendChanges(to: entries, of: process)
        }
    }

    /// Threads without Python frames have no stack to show.
    private func entries(_ samples: [ThreadSample], of process: Int) -> [Entry] {
        var entries: [Entry] = []
        for sample in samples where !sample.frames.isEmpty {
            entries.append(
                Entry(
                    track: threads.index(of: sample, in: processes[process]),
                    node: tree.insert(stackLeafFirst: sample.frames), isHolder: sample.isHolder))
        }
        if entries.count > 1 {
            entries.sort { $0.track < $1.track }
            // A list of threads that was changing while it was read may name one twice.
            var last = -1
            entries.removeAll { entry in
                defer { last = entry.track }
                return entry.track == last
            }
        }
        return entries
    }

    private func process(of pid: Int32) -> Int {
        if let known = indexOfProcess[pid] { return known }
        indexOfProcess[pid] = processes.count
        processes.append(pid)
        present.append([])
        return processes.count - 1
    }

    /// A change is a track and then 0 when it is gone, else its node and holder bit, plus 1.
    private func appendChanges(to entries: [Entry], of process: Int) {
        let present = present[process]
        var changes: [(track: Int, state: UInt64)] = []
        var old = 0
        for entry in entries {
            while old < present.count, present[old].track < entry.track {
                changes.append((present[old].track, 0))
                old += 1
            }
            if old < present.count, present[old].track == entry.track {
                old += 1
                if present[old - 1] == entry { continue }
            }
            let state = UInt64(entry.node.index) << 1 | (entry.isHolder ? 1 : 0)
            changes.append((entry.track, state + 1))
        }
        for gone in present[old...] { changes.append((gone.track, 0)) }
        packed.append(Self.changes + UInt64(changes.count))
        for change in changes {
            packed.append(UInt64(change.track))
            packed.append(change.state)
        }
        self.present[process] = entries
    }

    /// All samples in order.
    package func forEach(_ body: (Moment) throws -> Void) rethrows {
        var numbers = packed.numbers
        var time: UInt64 = 0
        var entries = [[Entry]](repeating: [], count: processes.count)
        while let delta = numbers.next(), let index = numbers.next(), var kind = numbers.next() {
            time += delta
            let process = Int(index)
            var count: UInt64 = 1
            if kind == Self.counted {
                guard let number = numbers.next(), let next = numbers.next() else { return }
                count = number
                kind = next
            }
            let outcome: Outcome
            switch kind {
            case Self.idle: outcome = .idle
            case Self.failed: outcome = .failed
            default:
                for _ in 0..<(kind - Self.changes) {
                    guard let track = numbers.next(), let state = numbers.next() else { return }
                    Self.apply(state, to: Int(track), of: &entries[process])
                }
                outcome = .stacks(entries[process])
            }
            try body(Moment(time: time, process: process, outcome: outcome, count: count))
        }
    }

    private static func apply(_ state: UInt64, to track: Int, of entries: inout [Entry]) {
        let index = entries.firstIndex { $0.track >= track } ?? entries.count
        if index < entries.count, entries[index].track == track { entries.remove(at: index) }
        guard state > 0 else { return }
        let bits = state - 1
        entries.insert(
            Entry(
                track: track, node: CallTree.Node(index: UInt32(truncatingIfNeeded: bits >> 1)),
                isHolder: bits & 1 == 1), at: index)
    }
}

extension RunSummary {
    /// A time of a log, in microseconds since the Unix epoch.
    package func unixMicroseconds(of time: UInt64) -> UInt64 {
        startedAt / 1000 &+ time &- min(start / 1000, time)
    }
}
