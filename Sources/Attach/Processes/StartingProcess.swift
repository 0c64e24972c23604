import FrameDecoding
import Glibc
import Probe
import Sampler
import System
import TargetMemory

/// A process that has just begun a program, looked at again and again until it is found to be a
/// living Python: often at first, then at growing intervals.
package final class StartingProcess {
    package let pid: pid_t
    package let source: LiveProcess
    /// The interpreter of the process that it was forked from.
    let inherited: Detection?
    /// When to look next (monotonic nanoseconds).
    package private(set) var nextLook: UInt64
    /// Why the last look that came as far as an interpreter did not find it alive.
    package private(set) var problem: String?
    /// Why the last look found nothing, for people.
    package private(set) var explanation: String?
    /// No interpreter is in it, as far as has been seen.
    package private(set) var isOther = false

    private let detector: Detector
    private let began = monotonicNow()
    private var interval: UInt64
    private let shortestInterval: UInt64
    private var hasBeenLookedAt = false
    /// Looks in a row at an interpreter that lives, but does not decode.
    private var misfits = 0
    private var lastMaps: [UInt8] = []
    private var hasCandidate = false
    private var searches = 0
    private var looksUntilSearch = 0

    package static let shortestInterval: UInt64 = 500_000
    private static let longestInterval: UInt64 = 50_000_000
    /// What has run for long without Python is looked at this seldom (and up to a sixteenth of its age late).
    private static let longestIdleInterval: UInt64 = 1_000_000_000
    /// After so many misfits all layouts are tried: a debug build needs DWARF, which takes its time.
    private static let patience = 3
    private static let mostSearches = 4
    /// A Python that has had no frame for so long is an embedding that sits in C.
    private static let longestStart: UInt64 = 2_000_000_000

    package init(
        pid: pid_t, settings: DetectionSettings, frames: FrameTable, images: ImageCache,
        inherited: Detection? = nil, notBefore: UInt64 = 0,
        shortestInterval: UInt64 = shortestInterval
    ) {
        self.pid = pid
        self.inherited = inherited
        source = LiveProcess(pid: pid)
        detector = Detector(
            pid: pid, source: source, frames: frames, settings: settings, images: images)
        nextLook = max(monotonicNow(), notBefore)
        self.shortestInterval = shortestInterval
        interval = shortestInterval
    }

    /// An interpreter that nothing names is searched for a few times, later and later, once a program
    /// that shows none has come to rest.
    private func isSearchDue() -> Bool {
        guard interval >= Self.longestInterval, searches < Self.mostSearches else { return false }
        looksUntilSearch -= 1
        guard looksUntilSearch <= 0 else { return false }
        searches += 1
        looksUntilSearch = 4 << (2 * searches)
        return true
    }

    /// The interpreter, once it lives. `patience` is for a program that has been running.
    /// With `maySearch` an interpreter that nothing names is searched for, which takes its time.
    package func look(_ patience: Detector.Patience? = nil, maySearch: Bool = true) -> Detection? {
        defer {
            let age = monotonicNow() - began
            let longest = max(Self.longestInterval, min(age / 16, Self.longestIdleInterval))
            // While an interpreter is starting, no moment of it is to be lost; one that still does
            // not decode after that never will.
            if !hasCandidate || age > Self.longestStart { interval = min(interval + interval / 4, longest) }
            nextLook = monotonicNow() + interval
            hasBeenLookedAt = true
        }
        if !hasBeenLookedAt, let inherited, let detection = detector.adopt(inherited) {
            return detection
        }
        var isUnchanged = false
        if let maps = ProcFile.read("/proc/\(pid)/maps", limit: 1 << 20) {
            // It is just ending.
            if maps.isEmpty { return nil }
            // Without a new mapping there is no new interpreter.
            isUnchanged = patience == nil && !hasCandidate && maps == lastMaps
            if isUnchanged, !(maySearch && isSearchDue()) { return nil }
            lastMaps = maps
        }
        do {
            return try detector.detect(patience ?? (isUnchanged ? .search : presentPatience))
        } catch {
            note(error)
            return nil
        }
    }

    /// It is Python, but cannot be sampled.
    func giveUp(_ reason: String) {
        problem = reason
        explanation = reason
        nextLook = .max
    }

    private var presentPatience: Detector.Patience {
        if monotonicNow() - began > Self.longestStart { return .settled }
        return misfits >= Self.patience ? .wideGlance : .glance
    }

    private func note(_ failure: DetectionFailure) {
        explanation = failure.explanation
        guard let report = detector.report else {
            if !failure.hasEnded { problem = failure.explanation }
            return
        }
        let found = !report.candidates.isEmpty
        isOther = !found
        if found && !hasCandidate { interval = shortestInterval }
        hasCandidate = found
        misfits = found && !detector.isStarting ? misfits + 1 : 0
        if found { problem = detector.rejected.last ?? failure.explanation }
    }
}
