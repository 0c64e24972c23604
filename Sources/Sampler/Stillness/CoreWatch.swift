import CLinux
import Glibc

/// What `--nonblocking` needs: a thread of pyflame's own that may run wherever the target may.
public final class CoreWatch {
    let worker: CoreThread
    /// Where a thread's `struct rseq` is, from its thread pointer; nil without restartable sequences.
    let rseqOffset: Int64?

    /// Why it cannot be done here, and what to do.
    public struct Unavailable: Error, Sendable {
        public let explanation: String
    }

    /// - Parameter rseqOffset: glibc's `__rseq_offset` in the target; nil where there is none.
    public init(pid: pid_t, rseqOffset: Int64?) throws(Unavailable) {
        #if !arch(x86_64)
            throw Unavailable(
                explanation: "--nonblocking works on x86-64 only: other machines may show another processor's "
                    + "stores out of order. Leave it out: the thread that holds the GIL is stopped then, for some "
                    + "20 microseconds a sample")
        #else
            guard let worker = CoreThread() else {
                throw Unavailable(explanation: "--nonblocking: a thread could not be started")
            }
            for processor in Processors.allowed(to: pid) {
                let error = worker.move(to: processor)
                guard error == 0 else {
                    throw Unavailable(
                        explanation: "--nonblocking has to run on the target's processors, and pyflame may not "
                            + "use number \(processor) (\(String(cString: strerror(error)))). Start pyflame in the "
                            + "target's container or cpuset, or leave --nonblocking out")
                }
            }
            self.worker = worker
            self.rseqOffset = rseqOffset
        #endif
    }
}
