import Glibc
import System
import TargetMemory

/// A set of processors, as the scheduler's affinity masks have it.
struct Processors {
    private var mask: [UInt64]

    /// Linux knows at most 8192 (CONFIG_NR_CPUS).
    static let most = 8192

    /// Those that the calling thread may use now.
    init() {
        mask = Array(repeating: 0, count: Self.most / 64)
        let words = Linux.shared.affinity(of: 0, into: &mask)
        if words > 0 { mask.removeLast(mask.count - Int(words)) }
    }

    init(_ processors: [Int]) {
        mask = Array(repeating: 0, count: (processors.max() ?? 0) / 64 + 1)
        for processor in processors { mask[processor / 64] |= 1 << UInt64(processor % 64) }
    }

    init(only processor: Int) { self.init([processor]) }

    func contains(_ processor: Int) -> Bool {
        processor / 64 < mask.count && mask[processor / 64] & 1 << UInt64(processor % 64) != 0
    }

    /// Lets `tid` (0: the calling thread) run on these only; 0 or an errno.
    func use(by tid: pid_t) -> Int32 { -Linux.shared.setAffinity(of: tid, mask) }

    /// Those that process `pid` may run on, from a list as in `0-3,8`.
    static func allowed(to pid: pid_t) -> [Int] {
        guard let status = ProcFile.text("/proc/\(pid)/status"),
            let list = ProcFile.field("Cpus_allowed_list", of: status)
        else { return [] }
        return list.split(separator: ",").flatMap { part -> [Int] in
            let ends = part.split(separator: "-").compactMap { Int($0) }
            guard let first = ends.first, let last = ends.last, first <= last, last < most else { return [] }
            return Array(first...last)
        }
    }
}
