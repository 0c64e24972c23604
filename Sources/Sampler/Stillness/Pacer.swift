import Glibc
import Synchronization

/// Tells the thread that made it when a moment has come, by a signal from another processor.
///
/// A sampler that sits on the target's processor could have a timer there, and has one at usual rates. But a timer that
/// goes off costs the target some 20 µs (on a virtual machine, where it has to be set and taken by the host), a thread that is woken
/// from elsewhere 4 to 10. So at high rates another thread keeps the time.
public final class Pacer {
    /// SIGURG: does nothing to who does not wait for it, and two that are not taken yet are one.
    static let signal = SIGURG
    /// At longer intervals (nanoseconds) the target hardly feels a timer, and what two threads cost would not pay.
    private static let longestInterval: UInt64 = 400_000

    private let keeper: TimeKeeper
    private var thread: pthread_t?
    private var asked = 0
    private var inVain = 0
    private var systemCalls = 0

    /// Each wait of the one and each signal of the other.
    private static let callsPerMoment = 2
    /// So many moments of which one was missed are looked at together, and so many of them may be.
    private static let momentsPerLook = 256
    private static let mostInVain = 4

    /// Nil where it would be of no use: at `interval`, or where there is no other processor.
    /// - Parameter processors: where the calling thread may run when it keeps to none.
    init?(interval: UInt64, processors: Processors) {
        guard interval < Self.longestInterval, processors.count > 1 else { return nil }
        keeper = TimeKeeper(interval: interval, processors: processors)
        let shared = Unmanaged.passRetained(keeper)
        var thread = pthread_t()
        let error = pthread_create(
            &thread, nil,
            {
                Unmanaged<TimeKeeper>.fromOpaque($0!).takeRetainedValue().run()
                return nil
            }, shared.toOpaque())
        guard error == 0 else {
            shared.release()
            return nil
        }
        self.thread = thread
    }

    deinit {
        guard let thread else { return }
        keeper.isOver.store(true, ordering: .sequentiallyConsistent)
        keeper.wake()
        pthread_join(thread, nil)
    }

    /// Whether it comes in time: not when its processors are busy with something that it may not interrupt.
    private(set) var isReliable = true

    /// `moment` will probably be the next one that is asked for.
    func expect(_ moment: UInt64) { keeper.expected.store(moment, ordering: .relaxed) }

    /// From now on, until `received`, `signal` is sent at `moment` (monotonic nanoseconds).
    /// - Parameter processor: where the calling thread is.
    func ask(for moment: UInt64, from processor: Int) {
        keeper.processor.store(processor, ordering: .relaxed)
        keeper.moment.store(moment, ordering: .relaxed)
        // In this order for whoever looks: see `TimeKeeper.park`.
        keeper.isAwaited.store(true, ordering: .sequentiallyConsistent)
        if keeper.isParked.load(ordering: .sequentiallyConsistent) { keeper.wake() }
    }

    /// How often the kernel was asked since this was last asked for.
    func takeCalls() -> Int {
        defer { systemCalls = 0 }
        return systemCalls
    }

    /// Somebody's signal came, or (`late`) none in time.
    func received(late: Bool = false) {
        keeper.isAwaited.store(false, ordering: .relaxed)
        systemCalls += Self.callsPerMoment
        asked += 1
        if late { inVain += 1 }
        guard asked == Self.momentsPerLook else { return }
        if inVain > Self.mostInVain { isReliable = false }
        (asked, inVain) = (0, 0)
    }
}
