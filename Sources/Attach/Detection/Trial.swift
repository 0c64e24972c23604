import FrameDecoding
import Glibc
import Probe
import TargetMemory

/// Tries a decoder on the running target. A stack that is read while its thread runs may be torn, so
/// one good reading among several attempts is asked for; with a wrong layout none is good.
struct Trial {
    private static let surelyFrameless = 8

    let decoder: any FrameDecoder
    let memory: Memory
    let budget: ProbeBudget

    func run(_ patience: Detector.Patience) throws {
        var problem: any Error = LayoutUnavailable("it does not decode")
        var frameless = 0
        for attempt in 0..<patience.attempts {
            if attempt > 0 { usleep(attempt < 20 ? 100 : 1000) }
            guard !budget.isSpent else { throw LayoutUnavailable("the time for it was over") }
            memory.budget.end = budget.end
            memory.refresh()
            do throws(DecodeError) {
                let threads = try decoder.threads(in: memory)
                let holders = try decoder.lockState(in: memory).holders
                guard holders.allSatisfy({ holder in threads.contains { $0.address == holder.address } })
                else {
                    problem = LayoutUnavailable("the holder of the GIL is none of the threads")
                    continue
                }
                guard !threads.isEmpty else {
                    problem = NotAlive(description: "no thread states: Python is not initialised (or finalised)")
                    continue
                }
                var frames: [FrameID] = []
                var lost = 0
                for thread in threads {
                    do throws(DecodeError) {
                        try decoder.stack(of: thread, in: memory, into: &frames)
                    } catch {
                        lost += 1
                        guard patience.isForgiving, lost * 2 < threads.count else { throw error }
                    }
                }
                if !frames.isEmpty { return }
                frameless += 1
                // So often in a row is no coincidence.
                if !patience.wantsFrames, frameless >= Self.surelyFrameless { return }
                problem = NotAlive(description: "no thread has a Python frame")
            } catch {
                problem = LayoutUnavailable(error.explanation)
            }
        }
        // An embedding may sit in C with no Python frame at all.
        if frameless == 0 || patience.wantsFrames { throw problem }
    }
}

/// The layout fits as far as can be told, but no Python runs.
struct NotAlive: Error, CustomStringConvertible {
    let description: String
}
