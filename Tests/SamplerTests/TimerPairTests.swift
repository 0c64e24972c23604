import Glibc
import System
import Testing

@testable import Sampler

/// Waking up at moments that are known before.
@Suite(.serialized) struct TimerPairTests {
    /// Runs `body` on a thread of its own, whose signals are its own.
    private func onThread(_ body: @escaping (SignalGate, TimerPair) -> Void) throws {
        var hasRun = false
        try #require(
            onTracerThread {
                let gate = SignalGate()
                guard let timers = TimerPair(kernel: Linux.shared) else { return }
                body(gate, timers)
                hasRun = true
            })
        #expect(hasRun)
    }

    /// One call each, when the moment after the next is always known.
    @Test func comesNeverTooEarly() throws {
        try onThread { gate, timers in
            let start = monotonicNow()
            var settings = 0
            let moments = (1...200).map { start + UInt64($0) * 300_000 }
            for (index, moment) in moments.enumerated() {
                #expect(gate.wait(until: moment, spinning: false, timers) == .deadline)
                #expect(monotonicNow() >= moment)
                let before = Linux.shared.calls
                if index + 2 < moments.count { #expect(timers.set(for: moments[index + 2])) }
                settings += Linux.shared.calls - before
            }
            #expect(settings <= moments.count)
        }
    }

    /// Moments that were not foreseen, earlier or later than those that were.
    @Test(arguments: [1, 42])
    func otherMoments(_ seed: UInt64) throws {
        try onThread { gate, timers in
            var random = seed
            for _ in 0..<200 {
                random = random &* 6_364_136_223_846_793_005 &+ 1
                let now = monotonicNow()
                #expect(timers.set(for: now + random >> 44))
                let moment = now + (random >> 24) % 800_000
                #expect(gate.wait(until: moment, spinning: false, timers) == .deadline)
                #expect(monotonicNow() >= moment)
            }
        }
    }

    @Test func momentsThatHavePassed() throws {
        try onThread { gate, timers in
            #expect(gate.wait(until: monotonicNow(), spinning: false, timers) == .deadline)
            let moment = monotonicNow() - 1
            let before = Linux.shared.calls
            #expect(timers.set(for: moment) && timers.set(for: moment))
            #expect(Linux.shared.calls - before == 1)
            #expect(gate.wait(until: moment, spinning: false, timers) == .deadline)
        }
    }

    @Test func otherSignalsAreHeard() throws {
        try onThread { gate, timers in
            raise(SIGHUP)
            let far = monotonicNow() + 3_000_000_000
            #expect(gate.wait(until: far, spinning: false, timers) == .interrupted(SIGHUP, sent: true))
            // Somebody else's, and one that came for an earlier moment, are not this one.
            raise(TimerPair.signal)
            let moment = monotonicNow() + 5_000_000
            #expect(gate.wait(until: moment, spinning: false, timers) == .deadline)
            #expect(monotonicNow() >= moment)
            raise(TimerPair.signal)
            let last = monotonicNow() + 1_000_000
            #expect(gate.wait(until: last) == .deadline)
            #expect(monotonicNow() >= last)
        }
    }

    /// What is left of timers belongs to all of a user's processes.
    @Test func timersAreGivenBack() throws {
        try onThread { _, _ in
            for _ in 0..<20_000 { guard TimerPair(kernel: Linux.shared) != nil else { return #expect(Bool(false), "no timers left") } }
        }
    }
}
