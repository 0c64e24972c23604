import CLinux
import Glibc

/// Which processor the calling thread keeps to.
final class Placement {
    /// Those that it may use when it keeps to none.
    private let usual = Processors()
    private(set) var processor: Int?
    private(set) var systemCalls = 0

    /// Moves to `processor` and stays there; 0 or an errno.
    func move(to processor: Int) -> Int32 {
        guard processor != self.processor else { return 0 }
        // First, so that it need not wait there until the time of whoever runs is up.
        if self.processor == nil { systemCalls += Int(cl_be_prompt(1)) }
        systemCalls += 1
        let error = Processors(only: processor).use(by: 0)
        if error == 0 {
            self.processor = processor
        } else if self.processor == nil {
            systemCalls += Int(cl_be_prompt(0))
        }
        return error
    }

    /// Those of `processors` that this thread may not use.
    func refused(of processors: [Int]) -> [Int] {
        systemCalls += 3
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
        systemCalls += 1 + Int(cl_be_prompt(0))
        _ = usual.use(by: 0)
    }
}
