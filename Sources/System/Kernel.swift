import Glibc

/// The one door to the kernel. Everything that pyflame asks of it goes through this protocol: `Linux` makes the
/// system calls, and tests put a script in its place.
///
/// The functions are the system calls and no more: what is done about an answer is decided by the caller. Those that
/// return an integer return what the system call does, or the negated `errno`. Times are nanoseconds.
package protocol Kernel: AnyObject {
    /// How many system calls the calling thread has made through this door, over all instances.
    var calls: Int { get }

    // MARK: Time

    func nanoseconds(on clock: clockid_t) -> UInt64
    /// Sleeps for this long, or until a signal comes; at most a second.
    func sleep(nanoseconds: UInt64)
    /// Tells the processor that the caller spins.
    func spinHint()
    /// How much later than asked for the calling thread may be woken.
    func setTimerSlack(nanoseconds: UInt)
    /// A timer on the monotonic clock that sends `signal` to the calling thread: its number.
    func makeTimer(signal: Int32) -> Int32
    /// Lets it go off at `moment`, once.
    func setTimer(_ timer: Int32, moment: UInt64) -> Int32
    func deleteTimer(_ timer: Int32)

    // MARK: Files

    /// The descriptor; it is closed when another program is executed.
    func open(_ path: String, flags: Int32) -> Int32
    /// Reads at `offset`, or with nil where the last read ended.
    func read(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer, at offset: Int?) -> Int
    func close(_ descriptor: Int32)
    /// Names in a directory, without `.` and `..`; nil when it cannot be read.
    func names(in directory: String) -> [String]?
    /// Where a symbolic link leads; nil when it cannot be read.
    func link(at path: String) -> String?

    // MARK: Another process's memory

    /// process_vm_readv(2): copies `ranges`, at most 1024, one after another into `buffer`; bytes copied.
    func readMemory(
        of pid: pid_t, _ ranges: UnsafeBufferPointer<iovec>, into buffer: UnsafeMutableRawBufferPointer
    ) -> Int

    // MARK: Tracing (ptrace(2)); all of it has to come from the thread that seized.

    func seize(_ tid: pid_t, options: UInt32) -> Int32
    func interrupt(_ tid: pid_t) -> Int32
    /// PTRACE_CONT; `signal` is delivered, unless it is 0.
    func resume(_ tid: pid_t, signal: Int32) -> Int32
    /// PTRACE_LISTEN: leaves a thread in its group-stop.
    func listen(_ tid: pid_t) -> Int32
    func setTraceOptions(_ tid: pid_t, _ options: UInt32) -> Int32
    func detach(_ tid: pid_t, signal: Int32) -> Int32
    /// What the last ptrace event was about: a new thread, or the id that a thread had before its execve.
    func eventMessage(of tid: pid_t) -> UInt?
    /// A word of `struct user` (sys/user.h) of a thread that is held, in `word`.
    func peekUser(_ tid: pid_t, offset: Int, word: inout Int) -> Int32
    func pokeUser(_ tid: pid_t, offset: Int, word: Int) -> Int32
    /// PTRACE_GETREGSET: fills `buffer` with the registers of kind `set` (NT_* in elf.h).
    func readRegisters(of tid: pid_t, set: Int32, into buffer: UnsafeMutableRawBufferPointer) -> Int32

    // MARK: Waiting

    /// waitpid(2) with __WALL and WNOHANG, of one thread or (-1) of any: whose state changed, 0 when none did.
    func waitNow(for tid: pid_t, status: inout WaitStatus) -> pid_t
    /// A thread among those that `waitNow` would look at which has ended: it stays to be waited for, and /proc still
    /// knows it. 0 when there is none.
    func endedAndNotWaitedFor(among tid: pid_t) -> pid_t
    /// Takes one of `signals`, which are blocked, waiting for it at most this long, or with nil as long as it takes.
    func takeSignal(among signals: SignalSet, within nanoseconds: UInt64?) -> TakenSignal

    // MARK: Processors and scheduling

    /// How often the calling thread was switched out, of itself or not; -1 when the kernel does not tell.
    func switchesOfThread() -> Int
    /// The processors that `tid` (0: the caller) may use, one bit each: how many words of `mask` are of use.
    func affinity(of tid: pid_t, into mask: inout [UInt64]) -> Int32
    func setAffinity(of tid: pid_t, _ mask: [UInt64]) -> Int32
    /// Policy, nice value and slice of the calling thread (sched_setattr(2)).
    func schedulingOfThread(_ attributes: inout SchedulingAttributes) -> Int32
    func setSchedulingOfThread(_ attributes: SchedulingAttributes) -> Int32
    /// The policy of `tid` (SCHED_* in sched.h).
    func schedulingPolicy(of tid: pid_t) -> Int32
}

extension Kernel {
    package func monotonicNow() -> UInt64 { nanoseconds(on: CLOCK_MONOTONIC) }
}

/// What sched_getattr(2) tells of a thread; the part that pyflame uses.
package struct SchedulingAttributes: Equatable, Sendable {
    /// SCHED_* in sched.h.
    package var policy: Int32
    package var nice: Int32
    /// Flags of SCHED_FLAG_*.
    package var flags: UInt64
    package var priority: UInt32
    /// Nanoseconds. Of an ordinary thread: the slice that it asks for (Linux 6.12 and later), 0 for the usual one.
    package var runtime: UInt64

    package init(
        policy: Int32 = SCHED_OTHER, nice: Int32 = 0, flags: UInt64 = 0, priority: UInt32 = 0, runtime: UInt64 = 0
    ) {
        self.policy = policy
        self.nice = nice
        self.flags = flags
        self.priority = priority
        self.runtime = runtime
    }
}
