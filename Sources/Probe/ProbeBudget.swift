import Glibc
import System
import TargetMemory

/// What one look at a process may cost, over all of its files together. Whatever a target maps, a probe comes to
/// an end, and pyflame hears signals meanwhile.
///
/// Work that can be interrupted asks `isSpent` now and then. What cannot be interrupted (a call of libelf or libdw)
/// is asked for beforehand, by its size, with `take`.
package final class ProbeBudget {
    /// What ended the probe, or left a part of it out.
    package enum Limit: Equatable, Sendable {
        case time, memory
        /// Somebody wants pyflame to end.
        case signal
    }

    /// Nanoseconds. The rest of the three seconds that are promised is for what is in hand when they are over.
    package static let longestTime: UInt64 = 2_200_000_000
    /// Bytes.
    package static let mostBytes = 100 << 20
    /// A table that libelf reads in one call, bytes.
    static let largestTable: UInt64 = 48 << 20
    private static let mostNotes = 4

    /// Nil as long as all fits.
    package private(set) var limit: Limit?
    /// What was left out because of its size, for people; the first few.
    package private(set) var leftOut: [String] = []
    private let time: UInt64
    private let bytes: Int
    private var bytesLeft: Int
    /// When the time is up, on the monotonic clock.
    package private(set) var end: UInt64
    private var sizeAtStart: Int
    private var questions = 0

    package init(time: UInt64 = ProbeBudget.longestTime, bytes: Int = ProbeBudget.mostBytes) {
        self.time = time
        self.bytes = bytes
        bytesLeft = bytes
        end = monotonicNow() &+ time
        sizeAtStart = Self.residentSize()
    }

    /// Another process is looked at.
    package func begin() {
        limit = nil
        leftOut = []
        questions = 0
        end = monotonicNow() &+ time
        sizeAtStart = Self.residentSize()
    }

    /// Whether the probe has to end. Cheap: the kernel is asked once in a while.
    package var isSpent: Bool {
        if let limit, limit != .memory || bytesLeft <= 0 { return true }
        questions &+= 1
        if monotonicNow() >= end {
            limit = .time
        } else if questions & 1023 == 0 {
            if Self.isSignalPending { limit = .signal }
            if Self.residentSize() - sizeAtStart > bytes {
                limit = .memory
                bytesLeft = 0
            }
        }
        return limit == .time || limit == .signal || bytesLeft <= 0
    }

    /// Sets `count` bytes aside until `giveBack`; false when there are not so many, or the time is up. `what` is named to the user then.
    func take(_ count: UInt64, for what: @autoclosure () -> String) -> Bool {
        guard !isSpent else { return false }
        guard let count = Int(exactly: count), count <= bytesLeft else {
            if leftOut.count < Self.mostNotes { leftOut.append("\(what()) (\(count >> 20) MB)") }
            if limit == nil { limit = .memory }
            return false
        }
        bytesLeft -= count
        return true
    }

    func giveBack(_ count: UInt64) { bytesLeft += Int(count) }

    /// Why not all was looked at, as a sentence; nil when all was.
    package var explanation: String? {
        let parts = leftOut.isEmpty ? "" : ": left out \(leftOut.joined(separator: ", "))"
        switch limit {
        case nil: return nil
        case .time:
            return "Not all of its files were looked at: the search has a limit of 3 s, and ended there\(parts)"
        case .memory:
            return "Not all of its files were looked at: the search has a limit of \(bytes >> 20) MB of memory\(parts)"
        case .signal: return "The search was interrupted by a signal"
        }
    }

    /// The signals that end pyflame are blocked while it works, so they wait.
    private static var isSignalPending: Bool {
        var pending = sigset_t()
        guard sigpending(&pending) == 0 else { return false }
        return [SIGINT, SIGTERM, SIGHUP].contains { sigismember(&pending, $0) == 1 }
    }

    /// Bytes of memory that this process has (proc_pid_statm(5)).
    private static func residentSize() -> Int {
        guard let words = ProcFile.text("/proc/self/statm")?.split(separator: " "), words.count > 1,
            let pages = Int(words[1])
        else { return 0 }
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }
}

/// The target's memory for a probe: nothing is read once the budget is spent.
final class BudgetedSource: MemorySource {
    private let source: any MemorySource
    let budget: ProbeBudget

    init(_ source: any MemorySource, budget: ProbeBudget) {
        self.source = source
        self.budget = budget
    }

    var systemCalls: Int { source.systemCalls }

    func read(_ ranges: UnsafeBufferPointer<AddressRange>, into buffer: UnsafeMutableRawPointer) -> Int {
        budget.isSpent ? -Int(ETIMEDOUT) : source.read(ranges, into: buffer)
    }
}
