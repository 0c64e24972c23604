import Glibc
import System

/// A set of CPUs, as the scheduler's affinity masks have it.
struct CPUSet: Equatable {
    private var mask: [UInt64]

    /// Linux knows at most 8192 (CONFIG_NR_CPUS).
    static let maximumCPUs = 8192

    /// Those that the calling thread may use now.
    init(ofCallerIn kernel: any Kernel) {
        mask = Array(repeating: 0, count: Self.maximumCPUs / 64)
        let words = kernel.affinity(of: 0, into: &mask)
        if words > 0 { mask.removeLast(mask.count - Int(words)) }
    }

    init(_ cpus: [Int]) {
        mask = Array(repeating: 0, count: (cpus.max() ?? 0) / 64 + 1)
        for cpu in cpus { mask[cpu / 64] |= 1 << UInt64(cpu % 64) }
    }

    init(only cpu: Int) { self.init([cpu]) }

    func contains(_ cpu: Int) -> Bool { cpu / 64 < mask.count && mask[cpu / 64] & 1 << UInt64(cpu % 64) != 0 }

    /// Lets `tid` (0: the calling thread) run on these only; 0 or an errno.
    func use(by tid: pid_t, _ kernel: any Kernel) -> Int32 { -kernel.setAffinity(of: tid, mask) }

    /// Those that process `pid` may run on, from a list as in `0-3,8`.
    static func allowed(to pid: pid_t, _ kernel: any Kernel) -> [Int] {
        guard let status = kernel.text(of: "/proc/\(pid)/status"),
            let list = ProcFile.field("Cpus_allowed_list", of: status)
        else { return [] }
        return list.split(separator: ",").flatMap { part -> [Int] in
            let ends = part.split(separator: "-").compactMap { Int($0) }
            guard let first = ends.first, let last = ends.last, first <= last, last < maximumCPUs else { return [] }
            return Array(first...last)
        }
    }
}
