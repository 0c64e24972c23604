import Glibc
import System
import Testing

/// The real kernel behind the door.
struct LinuxTests {
    @Test func callsAreCounted() {
        let before = Linux.shared.calls
        let descriptor = Linux.shared.open("/proc/self/stat", flags: O_RDONLY)
        var bytes = [UInt8](repeating: 0, count: 64)
        #expect(bytes.withUnsafeMutableBytes { Linux.shared.read(descriptor, into: $0, at: 0) } == 64)
        Linux.shared.close(descriptor)
        #expect(Linux.shared.calls - before == 3)
        // The clock is read without a call.
        _ = Linux.shared.monotonicNow()
        #expect(Linux.shared.calls - before == 3)
    }

    @Test func errorsAreNegative() {
        #expect(Linux.shared.open("/proc/self/no-such-file", flags: O_RDONLY) == -ENOENT)
        #expect(Linux.shared.read(-1, into: UnsafeMutableRawBufferPointer(start: nil, count: 0), at: nil) == -Int(EBADF))
        #expect(Linux.shared.names(in: "/no/such/folder") == nil)
        #expect(Linux.shared.interrupt(getpid()) == -ESRCH)
    }

    @Test func takesASignal() {
        let urgent = SignalSet([SIGUSR1])
        let set = urgent.set
        var before = sigset_t()
        withUnsafePointer(to: set) { _ = pthread_sigmask(SIG_BLOCK, $0, &before) }
        defer { withUnsafePointer(to: before) { _ = pthread_sigmask(SIG_SETMASK, $0, nil) } }
        #expect(Linux.shared.takeSignal(among: urgent, within: 0) == .none)
        pthread_kill(pthread_self(), SIGUSR1)
        let taken = Linux.shared.takeSignal(among: urgent, within: 1_000_000_000)
        #expect(taken.number == SIGUSR1)
        #expect(taken.sender == getpid())
        #expect(taken.code <= 0)
    }

    /// The C library's own macros say the same of what a real child did.
    @Test func waitStatuses() {
        #expect(WaitStatus.exited(3).exitCode == 3)
        #expect(WaitStatus.exited(3).terminatingSignal == nil)
        #expect(WaitStatus.killed(by: SIGKILL).terminatingSignal == SIGKILL)
        #expect(WaitStatus.killed(by: SIGKILL).hasEnded)
        #expect(WaitStatus(raw: SIGSEGV | 0x80).terminatingSignal == SIGSEGV)
        let stop = WaitStatus.stopped(signal: SIGTRAP, event: 128)
        #expect(stop.stopSignal == SIGTRAP)
        #expect(stop.event == .stop)
        #expect(!stop.hasEnded)
        #expect(WaitStatus.stopped(signal: SIGSTOP).event == nil)
        #expect(WaitStatus.stopped(signal: SIGTRAP, event: 7).event == .other)
    }

    @Test func signalSets() {
        let set = SignalSet([SIGINT, 64])
        #expect(set.contains(SIGINT) && set.contains(64) && !set.contains(SIGTERM))
        var real = set.set
        #expect(sigismember(&real, SIGINT) == 1)
        #expect(sigismember(&real, 64) == 1)
        #expect(sigismember(&real, SIGTERM) == 0)
    }
}
