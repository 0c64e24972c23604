import FrameDecoding

/// The threads of a profile, each kept once, in order of appearance.
///
/// A thread is one of one process: forked processes have their thread states at equal addresses.
struct ThreadTable {
    struct Row {
        var pid: Int32
        var thread: ThreadState
        /// The kernel's id and the thread's name, as far as they are known.
        var tid: Int32?
        var name: String?

        /// What people call it.
        var label: String { name ?? "Thread \(tid.map { "\($0)" } ?? "\(thread.threadID)")" }
    }

    private struct Key: Hashable {
        var pid: Int32
        var thread: ThreadState
    }

    private(set) var rows: [Row] = []
    private var known: [Key: Int] = [:]

    /// The index of the row of the thread that a sample is of.
    mutating func index(of sample: ThreadSample, in pid: Int32) -> Int {
        let key = Key(pid: pid, thread: sample.thread)
        if let index = known[key] {
            // A thread may be seen before its id is found out, or before it gets its name.
            if let tid = sample.tid { rows[index].tid = tid }
            if let name = sample.name { rows[index].name = name }
            return index
        }
        known[key] = rows.count
        rows.append(Row(pid: pid, thread: sample.thread, tid: sample.tid, name: sample.name))
        return rows.count - 1
    }

    subscript(index: Int) -> Row { rows[index] }
}
