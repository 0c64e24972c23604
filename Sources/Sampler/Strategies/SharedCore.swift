import Glibc
import Machine
import System

/// What reading without a stop needs: leave to run wherever the target may, and a witness.
public final class SharedCore {
    let affinity: CPUAffinity
    /// Where a thread's `struct rseq` is, from its thread pointer; nil without restartable sequences.
    let rseqOffset: Int64?
    /// Whether nothing may be stopped.
    let isOnlyWay: Bool

    /// Why it cannot be done here, and what to do.
    public struct Unavailable: Error, Sendable {
        public let explanation: String
    }

    /// Belongs to the thread that will sample; no other may have made it.
    /// - Parameter rseqOffset: glibc's `__rseq_offset` in the target; nil where there is none.
    public convenience init(pid: pid_t, rseqOffset: Int64?) throws(Unavailable) {
        guard RunningMachine.showsStoresInOrder else {
            throw Unavailable(
                explanation: "--nonblocking does not work on \(RunningMachine.name): it may show another processor's "
                    + "stores out of order. Leave it out: the thread that holds the GIL is stopped then, for some "
                    + "20 microseconds a sample")
        }
        self.init(rseqOffset: rseqOffset, isOnlyWay: true, kernel: Linux.shared)
        if let cpu = affinity.refused(of: CPUSet.allowed(to: pid, Linux.shared)).first {
            throw Unavailable(
                explanation: "--nonblocking has to run on the target's processors, and pyflame may not "
                    + "use number \(cpu). Start pyflame in the "
                    + "target's container or cpuset, or leave --nonblocking out")
        }
    }

    /// The same where threads may be stopped if need be; nil where that is all that can be done.
    public convenience init?(besideStopsWith rseqOffset: Int64?) {
        guard RunningMachine.showsStoresInOrder else { return nil }
        self.init(rseqOffset: rseqOffset, isOnlyWay: false, kernel: Linux.shared)
    }

    init(rseqOffset: Int64?, isOnlyWay: Bool, kernel: any Kernel) {
        affinity = CPUAffinity(kernel: kernel)
        self.rseqOffset = rseqOffset
        self.isOnlyWay = isOnlyWay
    }
}
