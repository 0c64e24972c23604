import FrameDecoding
import Glibc
import System
import TargetMemory
import TestSupport
import Testing

@testable import Sampler

/// The order in which strategies are asked, and what is counted.
struct SamplerOrderTests {
    private func sampler(_ target: FakeTarget, mode: SamplingMode = .gil, sharing: Bool = true) -> Sampler {
        let core = sharing ? SharedCore(rseqOffset: FakeTarget.rseqOffset, isOnlyWay: false, kernel: target.kernel) : nil
        return Sampler(
            pid: FakeTarget.pid, decoder: target.decoder, source: target.source, tracees: target.tracees,
            options: Sampler.Options(mode: mode), core: core, kernel: target.kernel)
    }

    private func stacks(_ sample: Sample) -> [Address]? {
        if case .stacks(let threads) = sample.outcome { return threads.map(\.thread.address) }
        return nil
    }

    @Test func nobodyIsStoppedWhereItCanBeHelped() {
        let target = FakeTarget()
        target.decoder.locks = [FakeTarget.lock(heldBy: 7)]
        let sampler = sampler(target)
        #expect(stacks(sampler.sample()) == [7])
        #expect(target.kernel.traced.isEmpty && sampler.sharesCore)
    }

    @Test func whereItCannotItIsStopped() {
        let target = FakeTarget()
        target.kernel.affinityError = EINVAL
        target.decoder.locks = [FakeTarget.lock(heldBy: 7)]
        target.letStop(7)
        let sampler = sampler(target)
        #expect(stacks(sampler.sample()) == [7])
        #expect(target.kernel.traced == ["seize 7", "interrupt 7", "resume 7"])
        #expect(sampler.statistics.stops == 1 && !sampler.sharesCore)
    }

    @Test func aFreeLockIsIdle() {
        let target = FakeTarget()
        let sampler = sampler(target)
        guard case .idle = sampler.sample().outcome else { return #expect(Bool(false)) }
        #expect(sampler.statistics.idle == 1 && target.kernel.traced.isEmpty)
    }

    /// With the lock free nobody is stopped for all threads either.
    @Test func aFreeLockWithAllThreads() {
        let target = FakeTarget(mode: .wall)
        let sampler = sampler(target, mode: .wall)
        #expect(stacks(sampler.sample()) == [])
        #expect(target.kernel.traced.isEmpty)
    }

    /// A sample that cannot be had is given up after some attempts, and counted.
    @Test func attemptsAreBounded() {
        let target = FakeTarget()
        target.decoder.locks = [nil]
        target.kernel.files["/proc/7/stat"] = "7 (python) R 1\n"
        let sampler = sampler(target)
        guard case .failed = sampler.sample().outcome else { return #expect(Bool(false)) }
        #expect(sampler.statistics.failed == 1 && sampler.statistics.retries == 11)
    }

    /// The holder changes all the time, but each one is seen on its CPU: nobody is stopped until the third time.
    @Test func aLockThatWanders() {
        let target = FakeTarget()
        target.kernel.stopsWhenAsked = true
        let (seven, eight) = (FakeTarget.lock(heldBy: 7), FakeTarget.lock(heldBy: 8))
        target.decoder.locks = [seven, eight, seven, eight, seven, eight, seven, eight, eight]
        #expect(stacks(sampler(target).sample()) == [8])
        #expect(target.kernel.traced == ["seize 7", "interrupt 7", "seize 8", "interrupt 8", "resume 7", "resume 8"])
    }
}
