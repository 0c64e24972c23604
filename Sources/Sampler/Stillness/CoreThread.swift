import CLinux
import Glibc

/// A thread that does pieces of work on a processor of one's choice. Whoever asks for one waits for it, so
/// that only one of the two runs at a time.
final class CoreThread {
    /// Counts the pieces that were asked for, and those that are done; a waiter sets the third word before it
    /// goes to sleep.
    private let words: UnsafeMutablePointer<UInt32>
    private var asked: UnsafeMutablePointer<UInt32> { words }
    private var done: UnsafeMutablePointer<UInt32> { words + 16 }
    private var sleeping: UnsafeMutablePointer<UInt32> { words + 32 }
    private let shared: Shared
    private var thread = pthread_t()
    private(set) var processor = -1
    private(set) var systemCalls = 0
    /// It did not come back: whatever it works on must not be touched any more.
    private(set) var isLost = false

    /// Most pieces are done before a spin of this length ends. Nanoseconds.
    private static let spinTime: UInt64 = 80_000
    /// A processor that gives a thread no time for so long is taken by a real-time program.
    private static let patience: UInt64 = 2_000_000_000

    private final class Shared {
        let words: UnsafeMutablePointer<UInt32>
        var tid: pid_t = 0
        var work: () -> Void = {}
        var ends = false

        init(words: UnsafeMutablePointer<UInt32>) { self.words = words }
        deinit { words.deallocate() }

        func run() {
            tid = cl_thread_id()
            var served: UInt32 = 0
            while true {
                while cl_load_acquire(words) == served { _ = cl_futex_wait(words, served, 0) }
                served &+= 1
                if ends { return }
                work()
                cl_store_release(words + 16, served)
                if cl_load_acquire(words + 32) != 0 { cl_futex_wake(words + 16) }
            }
        }
    }

    /// Nil when no thread can be had.
    init?() {
        words = .allocate(capacity: 48)
        words.initialize(repeating: 0, count: 48)
        shared = Shared(words: words)
        let retained = Unmanaged.passRetained(shared)
        let result = pthread_create(
            &thread, nil,
            {
                Unmanaged<Shared>.fromOpaque($0!).takeRetainedValue().run()
                return nil
            }, retained.toOpaque())
        guard result == 0 else {
            retained.release()
            return nil
        }
        // So that its id is known.
        run {}
    }

    deinit {
        guard !isLost else { return }
        shared.ends = true
        post()
        pthread_join(thread, nil)
    }

    /// Moves to `processor`; 0 or an errno.
    func move(to processor: Int) -> Int32 {
        guard processor != self.processor else { return 0 }
        systemCalls += 1
        let error = Processors(only: processor).use(by: shared.tid)
        if error == 0 { self.processor = processor }
        return error
    }

    /// Has `work` done there.
    func run(_ work: @escaping () -> Void) {
        guard !isLost else { return }
        shared.work = work
        post()
        isLost = !awaitDone()
        if !isLost { shared.work = {} }
    }

    private func post() {
        cl_store_release(asked, asked.pointee &+ 1)
        systemCalls += 2  // and the thread's own wait
        cl_futex_wake(asked)
    }

    private func awaitDone() -> Bool {
        let start = monotonicNow()
        let number = asked.pointee
        while cl_load_acquire(done) != number {
            let waited = monotonicNow() - start
            if waited < Self.spinTime {
                cl_spin_hint()
                continue
            }
            if waited > Self.patience { return false }
            cl_store_release(sleeping, 1)
            systemCalls += 1
            _ = cl_futex_wait(done, number &- 1, 1_000_000)
            cl_store_release(sleeping, 0)
        }
        return true
    }
}
