import FrameDecoding
import Glibc

/// `--mode cpu`: which threads use a processor at the moment of a sample.
///
/// The kernel answers for each thread with one read of a file that stays open,
/// `/proc/PID/task/TID/syscall`: `running` as long as the thread is in state R, on a processor or
/// waiting for one; else where it is blocked. A thread that waits for the GIL is blocked. One that runs C
/// code without the GIL is not, and its Python stack cannot change before it holds the GIL again.
struct ProcessorUse {
    private let files: TaskFiles
    private let index: ThreadIndex
    private var running: Set<pid_t> = []

    init(files: TaskFiles, index: ThreadIndex) {
        self.files = files
        self.index = index
    }

    /// Asks for all of `threads`; done before any of them is stopped for the sample.
    mutating func look(at threads: [ThreadState]) {
        index.resolve(threads)
        running.removeAll(keepingCapacity: true)
        for thread in threads {
            guard let tid = index.knownTID(of: thread) else { continue }
            switch files.state(of: tid) {
            case .running: running.insert(tid)
            case .blocked: break
            case .gone:
                files.forget(tid)
                index.forget(tid)
            }
        }
    }

    func isRunning(_ thread: ThreadState) -> Bool {
        index.knownTID(of: thread).map(running.contains) ?? false
    }
}
