import FrameDecoding
import Glibc
import Probe
import Sampler
import TargetMemory

/// A process that has just begun a program, looked at again and again until it is found to be a
/// living Python: often at first, then at growing intervals.
final class StartingProcess {
    let pid: pid_t
    let source: LiveProcess
    /// When to look next (monotonic nanoseconds).
    private(set) var nextLook: UInt64
    /// Why the last look that came as far as an interpreter did not find it alive.
    private(set) var problem: String?

    private let detector: Detector
    private var interval: UInt64 = shortestInterval
    /// Looks in a row at an interpreter that lives, but does not decode.
    private var misfits = 0
    private var lastMaps: [UInt8] = []
    private var hasCandidate = false
    private var searches = 0
    private var looksUntilSearch = 0

    private static let shortestInterval: UInt64 = 500_000
    private static let longestInterval: UInt64 = 50_000_000
    /// After so many misfits all layouts are tried: a debug build needs DWARF, which takes its time.
    private static let patience = 3
    private static let mostSearches = 4

    init(pid: pid_t, options: Options, frames: FrameTable, images: ImageCache) {
        self.pid = pid
        source = LiveProcess(pid: pid)
        detector = Detector(
            pid: pid, source: source, frames: frames, forcedABI: options.abi, layout: options.layout,
            images: images)
        nextLook = monotonicNow()
    }

    /// An interpreter that nothing names is searched for a few times, later and later, once a program
    /// that shows none has come to rest.
    private func isSearchDue() -> Bool {
        guard interval == Self.longestInterval, searches < Self.mostSearches else { return false }
        looksUntilSearch -= 1
        guard looksUntilSearch <= 0 else { return false }
        searches += 1
        looksUntilSearch = 4 << (2 * searches)
        return true
    }

    /// The interpreter, once it lives.
    func look() -> Detection? {
        defer {
            // While an interpreter is starting, no moment of it is to be lost.
            if !hasCandidate { interval = min(interval + interval / 4, Self.longestInterval) }
            nextLook = monotonicNow() + interval
        }
        // Without a new mapping there is no new interpreter.
        let maps = ProcFile.read("/proc/\(pid)/maps", limit: 1 << 20) ?? []
        let isUnchanged = !hasCandidate && maps == lastMaps
        if isUnchanged, !isSearchDue() { return nil }
        lastMaps = maps
        do {
            return try detector.detect(
                isUnchanged ? .search : misfits >= Self.patience ? .wideGlance : .glance)
        } catch {
            let found = !(detector.report?.candidates.isEmpty ?? true)
            if found && !hasCandidate { interval = Self.shortestInterval }
            hasCandidate = found
            misfits = found && !detector.isStarting ? misfits + 1 : 0
            if found { problem = detector.rejected.last ?? error.explanation }
            return nil
        }
    }
}
