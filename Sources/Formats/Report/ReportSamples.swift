import FrameDecoding
import Profiles

/// The samples of a run for a report: how often each stack was seen in each slot of time. So a page
/// grows with distinct stacks, not with the length of the run.
struct ReportSamples {
    /// As many as there are pixels to show them, and a few samples in each.
    static let slotLimit = 1000
    private static let samplesPerSlot = 5

    /// A thread of a process; without a name it stands for the process's idle and failed samples.
    struct Track {
        /// Index into the log's processes.
        var process: Int
        var name: String?
    }

    let slots: Int
    let tracks: [Track]
    /// By node of the log's tree, in the order of its index.
    private(set) var counts: [Int]
    /// Per slot the number of its entries, then for each track, node and count.
    private(set) var packed = PackedText()
    /// From the first sample to the end of the last.
    let microseconds: UInt64

    /// `idle` and `failed` are nodes of the log's tree.
    init(_ log: SampleLog, idle: CallTree.Node?, failed: CallTree.Node) {
        slots = min(max(log.count / Self.samplesPerSlot, min(log.count, 50), 1), Self.slotLimit)
        microseconds = max(log.endTime - log.firstTime, 1)
        tracks =
            log.threads.rows.map {
                Track(process: log.processes.firstIndex(of: $0.pid) ?? 0, name: $0.label)
            }
            + log.processes.indices.map { Track(process: $0, name: nil) }
        counts = [Int](repeating: 0, count: log.tree.count)

        var slot = 0
        var seen: [Key: Int] = [:]
        log.forEach { moment in
            let (time, process) = (moment.time, moment.process)
            let samples = Int(clamping: moment.count)
            // Time is in order, so a slot is done when the next one begins.
            let here = min(Int((time - log.firstTime) / max(microseconds / UInt64(slots), 1)), slots - 1)
            while slot < here {
                append(seen)
                seen.removeAll(keepingCapacity: true)
                slot += 1
            }
            func count(_ track: Int, _ node: CallTree.Node) {
                seen[Key(track: track, node: node.index), default: 0] &+= samples
                counts[Int(node.index)] &+= samples
            }
            switch moment.outcome {
            case .idle: if let idle { count(log.threads.rows.count + process, idle) }
            case .failed: count(log.threads.rows.count + process, failed)
            case .stacks(let entries): for entry in entries { count(entry.track, entry.node) }
            }
        }
        append(seen)
        while slot + 1 < slots {
            append([:])
            slot += 1
        }
    }

    private struct Key: Hashable, Comparable {
        var track: Int
        var node: UInt32

        static func < (left: Self, right: Self) -> Bool {
            (left.track, left.node) < (right.track, right.node)
        }
    }

    private mutating func append(_ seen: [Key: Int]) {
        packed.append(seen.count)
        for (key, count) in seen.sorted(by: { $0.key < $1.key }) {
            packed.append(key.track)
            packed.append(Int(key.node))
            packed.append(count)
        }
    }
}
