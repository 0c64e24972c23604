import CLinux
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

    private let state: State
    private var thread = pthread_t()
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
        state = State(processors: processors)
        let shared = Unmanaged.passRetained(state)
        let error = pthread_create(
            &thread, nil,
            {
                Unmanaged<State>.fromOpaque($0!).takeRetainedValue().run()
                return nil
            }, shared.toOpaque())
        guard error == 0 else {
            shared.release()
            return nil
        }
    }

    deinit {
        state.isOver.store(true, ordering: .releasing)
        state.wake()
        pthread_join(thread, nil)
    }

    /// Whether it comes in time: not when its processors are busy with something that it may not interrupt.
    private(set) var isReliable = true

    /// From now on, until `received`, `signal` is sent at `moment` (monotonic nanoseconds).
    /// - Parameter processor: where the calling thread is.
    func ask(for moment: UInt64, from processor: Int) {
        state.processor.store(processor, ordering: .relaxed)
        state.moment.store(moment, ordering: .relaxed)
        state.isAwaited.store(true, ordering: .releasing)
        if state.isParked.load(ordering: .acquiring) { state.wake() }
    }

    /// How often the kernel was asked since this was last asked for.
    func takeCalls() -> Int {
        defer { systemCalls = 0 }
        return systemCalls
    }

    /// Somebody's signal came, or (`late`) none in time.
    func received(late: Bool = false) {
        state.isAwaited.store(false, ordering: .relaxed)
        systemCalls += Self.callsPerMoment
        asked += 1
        if late { inVain += 1 }
        guard asked == Self.momentsPerLook else { return }
        if inVain > Self.mostInVain { isReliable = false }
        (asked, inVain) = (0, 0)
    }
}

/// What the two threads share, and what the one that keeps the time does.
private final class State: Sendable {
    let moment = Atomic<UInt64>(.max)
    /// Whether the signal is to be sent at `moment`, and was not yet.
    let isAwaited = Atomic<Bool>(false)
    let isOver = Atomic<Bool>(false)
    let isParked = Atomic<Bool>(false)
    /// The one to keep away from.
    let processor = Atomic<Int>(-1)

    private let process = getpid()
    private let receiver = cl_thread_id()
    private let processors: Processors
    /// Taken while there is nothing to do. Never copied; its address is all that is used of it.
    private nonisolated(unsafe) let bell = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    /// So long after the last moment another one may still be asked for: nanoseconds.
    private static let patience: UInt64 = 1_000_000

    init(processors: Processors) {
        self.processors = processors
        sem_init(bell, 0, 0)
    }

    deinit {
        sem_destroy(bell)
        bell.deallocate()
    }

    func wake() {
        if isParked.exchange(false, ordering: .acquiringAndReleasing) { sem_post(bell) }
    }

    func run() {
        SignalGate.wakeInTime()
        _ = cl_be_prompt(1)
        var avoided = -1
        var lastMoment = monotonicNow()
        while !isOver.load(ordering: .acquiring) {
            let now = monotonicNow()
            guard isAwaited.load(ordering: .acquiring) else {
                // A sample takes some 20 µs, so the next moment is known soon.
                if now < lastMoment + shortestSleep {
                    cl_spin_hint()
                } else if now < lastMoment + Self.patience {
                    pause(until: now + shortestSleep, spinning: false)
                } else {
                    park()
                    lastMoment = monotonicNow()
                }
                continue
            }
            let core = processor.load(ordering: .relaxed)
            if core != avoided {
                avoided = core
                _ = processors.without(core).use(by: 0)
            }
            let due = moment.load(ordering: .relaxed)
            if now < due {
                pause(until: due, spinning: true)
            } else if isAwaited.exchange(false, ordering: .acquiringAndReleasing) {
                cl_signal_thread(process, receiver, Pacer.signal)
                lastMoment = now
            }
        }
    }

    private func park() {
        isParked.store(true, ordering: .sequentiallyConsistent)
        // What was asked for before anybody could know that this sleeps.
        if isAwaited.load(ordering: .sequentiallyConsistent) || isOver.load(ordering: .sequentiallyConsistent),
            isParked.exchange(false, ordering: .acquiringAndReleasing)
        {
            return
        }
        while sem_wait(bell) != 0 && errno == EINTR {}
    }
}
