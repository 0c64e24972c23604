import Glibc
import TargetMemory

/// Where glibc keeps the area that every thread of a process shares with the kernel for restartable
/// sequences (`struct rseq`, linux/rseq.h).
public enum RestartableSequences {
    /// The area's offset from a thread's pointer: glibc's `__rseq_offset` (2.35 and later, sys/rseq.h). Nil where
    /// no such glibc is found, and where it was told not to register (`__rseq_size` is 0 then).
    public static func offset(pid: Int32, source: any MemorySource) -> Int64? {
        let target = ProbeTarget.process(pid)
        let budget = ProbeBudget()
        guard let mappings = try? target.mappings() else { return nil }
        for image in ImageList(mappings, files: target.files(budget), source: BudgetedSource(source, budget: budget)).images {
            guard let offset = image.lookup?.value(of: "__rseq_offset"),
                let size = image.lookup?.value(of: "__rseq_size")
            else { continue }
            guard let registered: UInt32 = image.memory.load(size), registered > 0,
                let value: UInt64 = image.memory.load(offset)
            else { return nil }
            return Int64(bitPattern: value)
        }
        return nil
    }
}
