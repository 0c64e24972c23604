import FrameDecoding

/// The threads of a profile, each kept once, in order of appearance.
///
/// A thread is one of one process: forked processes have their thread states at equal addresses.
package struct ThreadTable {
    package struct Row {
        package var pid: Int32
        package var thread: ThreadState
        /// The kernel's id and the thread's name, as far as they are known.
        package var tid: Int32?
        package var name: String?

        package init(pid: Int32, thread: ThreadState, tid: Int32?, name: String?) {
            self.pid = pid
            self.thread = thread
            self.tid = tid
            self.name = name
        }

        /// What people call it.
        package var label: String { name ?? "Thread \(tid.map { "\($0)" } ?? "\(thread.threadID)")" }
    }

    private struct Key: Hashable {
        var pid: Int32
        var thread: ThreadState
    }

    package private(set) var rows: [Row] = []
    private var known: [Key: Int] = [:]

    package init() {}

    /// The index of the row of the thread that a sample is of.
    package mutating func index(of sample: ThreadSample, in pid: Int32) -> Int {
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

    package subscript(index: Int) -> Row { rows[index] }
}
