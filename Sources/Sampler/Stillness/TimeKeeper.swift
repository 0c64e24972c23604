import CLinux
import Glibc
import Synchronization

/// What a pacer's thread does, and what it shares with the one that it wakes.
final class TimeKeeper: Sendable {
    let moment = Atomic<UInt64>(.max)
    /// Whether the signal is to be sent at `moment`, and was not yet.
    let isAwaited = Atomic<Bool>(false)
    /// What `moment` will probably be next.
    let expected = Atomic<UInt64>(0)
    let isOver = Atomic<Bool>(false)
    let isParked = Atomic<Bool>(false)
    /// The one to keep away from.
    let processor = Atomic<Int>(-1)

    private let process = getpid()
    private let receiver = cl_thread_id()
    private let processors: Processors
    /// Shorter waits are spun through. To sleep may end some 20 µs late, which tells at rates that cannot be kept anyway. Nanoseconds.
    private let shortestNap: UInt64
    /// Taken while there is nothing to do. Never copied; its address is all that is used of it.
    private nonisolated(unsafe) let bell = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    /// So long after the last moment another one may still be asked for: nanoseconds.
    private static let patience: UInt64 = 1_000_000
    private static let usualSample: UInt64 = 60_000

    init(interval: UInt64, processors: Processors) {
        shortestNap = interval < Self.usualSample ? Self.patience : 20_000
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
                // A sample takes some 20 µs; then the next moment is known.
                let next = expected.load(ordering: .relaxed)
                if next > now + shortestNap, next < now + Self.patience {
                    pause(until: next, spinning: false)
                } else if now < lastMoment + Self.usualSample {
                    cl_spin_hint()
                } else if now < lastMoment + Self.patience {
                    pause(until: now + Self.usualSample, spinning: false)
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
                if due - now < shortestNap { spin(until: due) } else { pause(until: due, spinning: false) }
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
