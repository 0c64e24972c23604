import Glibc
import System

/// Which processor the calling thread keeps to.
final class Placement {
    /// Those that it may use when it keeps to none.
    private let usual = Processors()
    private(set) var processor: Int?
    private let kernel: any Kernel
    /// As the thread was scheduled before; nil while that is not known.
    private var usualScheduling: SchedulingAttributes?

    init(kernel: any Kernel = Linux.shared) { self.kernel = kernel }

    /// Moves to `processor` and stays there; 0 or an errno.
    func move(to processor: Int) -> Int32 {
        guard processor != self.processor else { return 0 }
        // First, so that it need not wait there until the time of whoever runs is up.
        if self.processor == nil { bePrompt(true) }
        let error = Processors(only: processor).use(by: 0)
        if error == 0 {
            self.processor = processor
        } else if self.processor == nil {
            bePrompt(false)
        }
        return error
    }

    /// Whether this thread is to run as soon as it wakes up, though another one has the processor: it asks for short
    /// slices (100 us; Linux 6.12 and later) and, where it may, for the highest weight of ordinary threads. False makes it
    /// what it was.
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

    /// Those of `processors` that this thread may not use.
    func refused(of processors: [Int]) -> [Int] {
        // The kernel leaves out what the thread's cpuset does not have; and unless it leaves out the processor that this
        // runs on, nothing has to move.
        guard Processors(processors).use(by: 0) == 0 else { return processors }
        let granted = Processors()
        _ = usual.use(by: 0)
        return processors.filter { !granted.contains($0) }
    }

    /// Runs anywhere again.
    func leave() {
        guard processor != nil else { return }
        processor = nil
        bePrompt(false)
        _ = usual.use(by: 0)
    }
}
