import Glibc
import TargetMemory

/// What is looked at: a process, or what a core dump remembers of one.
public enum ProbeTarget {
    case process(Int32)
    case core(CoreFile)

    func mappings() throws(ProbeError) -> [Mapping] {
        switch self {
        case .process(let pid): try MapsFile.read(pid: pid)
        case .core(let core): core.mappings
        }
    }

    func files(_ budget: ProbeBudget?) -> TargetFiles { TargetFiles(target: self, budget: budget) }

    /// What is put before its paths here.
    var root: String {
        switch self {
        case .process(let pid): "/proc/\(pid)/root"
        case .core: ""
        }
    }

    /// A core that is 32-bit is refused when it is opened.
    func refuse32Bit() throws(ProbeError) {
        guard case .process(let pid) = self else { return }
        let path = "/proc/\(pid)/exe"
        guard access("/proc/\(pid)", F_OK) == 0 else { throw .noSuchProcess(pid: pid) }
        // If it cannot be opened, what else is not permitted will say so more clearly.
        guard let head = OpenFile(path)?.upTo(20, at: 0), head.count == 20 else { return }
        if head.starts(with: [0x7f, 0x45, 0x4c, 0x46]), head[4] == 1 { throw .is32Bit(path: path) }
    }
}
