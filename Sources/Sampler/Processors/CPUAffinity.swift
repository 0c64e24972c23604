import Glibc
import System

/// Which CPU the calling thread is pinned to, and how promptly it is scheduled there.
final class CPUAffinity {
    /// Those that the thread may use when it is not pinned.
    private let usual: CPUSet
    /// The CPU that it is pinned to; nil for none.
    private(set) var cpu: Int?
    private let kernel: any Kernel
    /// As the thread was scheduled before; nil while that is not known.
    private var usualScheduling: SchedulingAttributes?

    init(kernel: any Kernel) {
        self.kernel = kernel
        usual = CPUSet(ofCallerIn: kernel)
    }

    /// Pins the thread to `cpu`; 0 or an errno.
    func pin(to cpu: Int) -> Int32 {
        guard cpu != self.cpu else { return 0 }
        // First, so that it need not wait there until the time of whoever runs is up.
        if self.cpu == nil { bePrompt(true) }
        let error = CPUSet(only: cpu).use(by: 0, kernel)
        if error == 0 {
            self.cpu = cpu
        } else if self.cpu == nil {
            bePrompt(false)
        }
        return error
    }

    /// Whether this thread is to run as soon as it wakes up, though another one has the CPU: it asks for short slices
    /// (100 us; Linux 6.12 and later) and, where it may, for the highest weight of ordinary threads. False makes it what
    /// it was.
    private func bePrompt(_ isPrompt: Bool) {
        if usualScheduling == nil {
            var attributes = SchedulingAttributes()
            guard kernel.schedulingOfThread(&attributes) == 0 else { return }
            usualScheduling = attributes
        }
        guard let usual = usualScheduling, usual.policy == SCHED_OTHER || usual.policy == Self.batch else { return }
        guard isPrompt else {
            _ = kernel.setSchedulingOfThread(usual)
            return
        }
        var prompt = usual
        prompt.runtime = Self.shortSlice
        prompt.nice = Self.highestWeight
        if kernel.setSchedulingOfThread(prompt) == 0 { return }
        prompt.nice = usual.nice
        _ = kernel.setSchedulingOfThread(prompt)
    }

    private static let shortSlice: UInt64 = 100_000
    private static let highestWeight: Int32 = -20
    /// SCHED_BATCH (sched.h).
    private static let batch: Int32 = 3

    /// Those of `cpus` that this thread may not use.
    func refused(of cpus: [Int]) -> [Int] {
        // The kernel leaves out what the thread's cpuset does not have; and unless it leaves out the CPU that this runs
        // on, nothing has to move.
        guard CPUSet(cpus).use(by: 0, kernel) == 0 else { return cpus }
        let granted = CPUSet(ofCallerIn: kernel)
        _ = usual.use(by: 0, kernel)
        return cpus.filter { !granted.contains($0) }
    }

    /// Lets the thread run anywhere again.
    func unpin() {
        guard cpu != nil else { return }
        cpu = nil
        bePrompt(false)
        _ = usual.use(by: 0, kernel)
    }
}
