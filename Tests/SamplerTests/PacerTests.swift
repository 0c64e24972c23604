import Glibc
import Testing

@testable import Sampler

/// The one who keeps the time for a thread that has no timer.
@Suite(.serialized) struct PacerTests {
    /// Runs `body` on a thread of its own, whose signals are its own.
    private func onThread(_ body: @escaping (SignalGate, Pacer) -> Void) throws {
        try #require(
            onTracerThread {
                let gate = SignalGate()
                guard let pacer = Pacer(interval: 100_000, processors: Processors()) else {
                    #expect(Processors().count == 1)
                    print("NOT TESTED: a pacer: there is only one processor")
                    return
                }
                body(gate, pacer)
            })
    }

    @Test func comesNeverTooEarly() throws {
        try onThread { gate, pacer in
            for round in 0..<500 {
                let moment = monotonicNow() + UInt64(round) * 700
                #expect(gate.wait(until: moment, pacer, on: 0) == .deadline)
                #expect(monotonicNow() >= moment)
            }
        }
    }

    /// Nothing is to be done for longer than it waits: it sleeps, and has to be woken.
    @Test func wakesUpAgain() throws {
        try onThread { gate, pacer in
            for _ in 0..<20 {
                usleep(4_000)
                let moment = monotonicNow() + 50_000
                #expect(gate.wait(until: moment, pacer, on: 0) == .deadline)
                #expect(monotonicNow() >= moment)
            }
        }
    }

    /// A moment that has come needs nobody, and costs nothing.
    @Test func momentsThatHavePassed() throws {
        try onThread { gate, pacer in
            #expect(gate.wait(until: monotonicNow(), pacer, on: 0) == .deadline)
            #expect(pacer.takeCalls() == 0)
            #expect(gate.wait(until: monotonicNow() + 1_000_000, pacer, on: 0) == .deadline)
            // More when the first signal did not come in time.
            #expect(pacer.takeCalls() >= 2)
            #expect(pacer.takeCalls() == 0)
        }
    }

    @Test func otherSignalsAreHeard() throws {
        try onThread { gate, pacer in
            raise(SIGHUP)
            #expect(gate.wait(until: monotonicNow() + 300_000_000, pacer, on: 0) == .interrupted(SIGHUP, sent: true))
            // One that came for an earlier moment is not this one.
            raise(Pacer.signal)
            let moment = monotonicNow() + 5_000_000
            #expect(gate.wait(until: moment, pacer, on: 0) == .deadline)
            #expect(monotonicNow() >= moment)
            raise(Pacer.signal)
            #expect(gate.wait(until: monotonicNow() + 1_000_000) == .deadline)
        }
    }

    @Test func onlyWhereItIsOfUse() {
        #expect(Pacer(interval: 1_000_000, processors: Processors()) == nil)
        #expect(Pacer(interval: 100_000, processors: Processors(only: 0)) == nil)
        #expect(Processors(only: 70).count == 1)
    }

    /// Where its thread never runs, it is found out.
    @Test func lateness() throws {
        try onThread { _, pacer in
            for _ in 0..<256 { pacer.received() }
            #expect(pacer.isReliable)
            for round in 0..<256 { pacer.received(late: round % 32 == 0) }
            #expect(!pacer.isReliable)
        }
    }
}
