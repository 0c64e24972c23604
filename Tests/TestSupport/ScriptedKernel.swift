import Glibc
import System

/// A kernel for tests: files have the texts that they are given, time passes only where it is made to, and every other
/// call is answered by a closure that the test sets.
public final class ScriptedKernel: Kernel {
    package var calls = 0
    /// By path; a file that is not here does not exist.
    public var files: [String: String] = [:]
    public var folders: [String: [String]] = [:]
    /// Texts that a file has when it is read from its beginning, one after another; the last one stays.
    public var texts: [String: [String]] = [:] {
        didSet { for (path, list) in texts where files[path] == nil { files[path] = list.first ?? "" } }
    }
    /// How often each path was opened.
    public private(set) var openings: [String: Int] = [:]
    /// Descriptors that were closed, by the path that they were of, in order.
    public private(set) var closings: [String] = []
    /// Monotonic nanoseconds; each look at the clock takes a hundred.
    public var time: UInt64 = 1_000_000_000
    /// What waitpid and sigtimedwait say, one after another; then nothing has happened.
    package var waits: [(tid: pid_t, status: WaitStatus)] = []
    package var signals: [TakenSignal] = []
    /// Whether every thread stops as soon as it is asked to.
    public var stopsWhenAsked = false
    /// Names of the tracing calls that were made, with the thread: `interrupt 7`.
    public private(set) var traced: [String] = []
    /// What tracing calls answer for a thread; 0 if it is not here.
    public var traceErrors: [pid_t: Int32] = [:]

    /// The CPUs that the calling thread was pinned to, one after another; -1 for several at once.
    public private(set) var pins: [Int] = []
    /// What setting an affinity answers.
    public var affinityError: Int32 = 0
    /// How often the calling thread was switched out, as it is asked for one time after another; the last one stays.
    public var switches: [Int] = [0]
    /// Scheduling policies by thread; 0 (SCHED_OTHER) if it is not here.
    public var policies: [pid_t: Int32] = [:]
    /// What PTRACE_GETREGSET gives for a thread, as words.
    public var registers: [pid_t: [UInt64]] = [:]

    private var open: [Int32: (path: String, place: Int)] = [:]
    private var lastDescriptor: Int32 = 100

    public init() {}

    private func note(_ call: String, _ tid: pid_t) -> Int32 {
        calls += 1
        traced.append("\(call) \(tid)")
        return traceErrors[tid] ?? 0
    }

    package func nanoseconds(on clock: clockid_t) -> UInt64 {
        time += 100
        return time
    }
    package func sleep(nanoseconds: UInt64) { time += nanoseconds }
    package func spinHint() {}
    package func setTimerSlack(nanoseconds: UInt) {}
    package func makeTimer(signal: Int32) -> Int32 { -EAGAIN }
    package func setTimer(_ timer: Int32, moment: UInt64) -> Int32 { -EINVAL }
    package func deleteTimer(_ timer: Int32) {}

    package func open(_ path: String, flags: Int32) -> Int32 {
        calls += 1
        guard files[path] != nil else { return -ENOENT }
        openings[path, default: 0] += 1
        lastDescriptor += 1
        open[lastDescriptor] = (path, 0)
        return lastDescriptor
    }

    package func read(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer, at offset: Int?) -> Int {
        calls += 1
        guard let file = open[descriptor] else { return -Int(EBADF) }
        if (offset ?? file.place) == 0, let next = texts[file.path]?.first {
            files[file.path] = next
            if texts[file.path]!.count > 1 { texts[file.path]!.removeFirst() }
        }
        guard let text = files[file.path] else { return -Int(ESRCH) }
        let bytes = Array(text.utf8).dropFirst(offset ?? file.place).prefix(buffer.count)
        buffer.copyBytes(from: bytes)
        if offset == nil { open[descriptor]?.place += bytes.count }
        return bytes.count
    }

    package func close(_ descriptor: Int32) {
        calls += 1
        if let file = open.removeValue(forKey: descriptor) { closings.append(file.path) }
    }

    package func names(in directory: String) -> [String]? {
        calls += 3
        return folders[directory]
    }
    package func link(at path: String) -> String? { nil }
    package func readMemory(
        of pid: pid_t, _ ranges: UnsafeBufferPointer<iovec>, into buffer: UnsafeMutableRawBufferPointer
    ) -> Int { -Int(ESRCH) }

    package func seize(_ tid: pid_t, options: UInt32) -> Int32 { note("seize", tid) }
    package func interrupt(_ tid: pid_t) -> Int32 {
        if stopsWhenAsked {
            signals.append(TakenSignal(number: SIGCHLD, code: Int32(CLD_STOPPED), sender: tid))
            waits.append((tid, .stopped(signal: SIGTRAP, event: 128)))
        }
        return note("interrupt", tid)
    }
    package func resume(_ tid: pid_t, signal: Int32) -> Int32 { note("resume", tid) }
    package func listen(_ tid: pid_t) -> Int32 { note("listen", tid) }
    package func setTraceOptions(_ tid: pid_t, _ options: UInt32) -> Int32 { note("options", tid) }
    package func detach(_ tid: pid_t, signal: Int32) -> Int32 { note("detach", tid) }
    package func eventMessage(of tid: pid_t) -> UInt? { nil }
    package func peekUser(_ tid: pid_t, offset: Int, word: inout Int) -> Int32 {
        word = -1  // it was in no system call
        return traceErrors[tid] ?? 0
    }
    package func pokeUser(_ tid: pid_t, offset: Int, word: Int) -> Int32 { note("poke", tid) }
    package func readRegisters(of tid: pid_t, set: Int32, into buffer: UnsafeMutableRawBufferPointer) -> Int32 {
        calls += 1
        guard let words = registers[tid] else { return -EIO }
        words.withUnsafeBytes { buffer.copyBytes(from: $0.prefix(buffer.count)) }
        return 0
    }

    /// Nobody ends here before it is waited for.
    package func endedAndNotWaitedFor(among tid: pid_t) -> pid_t { 0 }

    package func waitNow(for tid: pid_t, status: inout WaitStatus) -> pid_t {
        calls += 1
        guard let index = waits.firstIndex(where: { tid == -1 || $0.tid == tid }) else { return 0 }
        let wait = waits.remove(at: index)
        status = wait.status
        return wait.tid
    }

    package func takeSignal(among signals: SignalSet, within nanoseconds: UInt64?) -> TakenSignal {
        calls += 1
        guard !self.signals.isEmpty else {
            time += nanoseconds ?? 0
            return .none
        }
        return self.signals.removeFirst()
    }

    package func switchesOfThread() -> Int {
        calls += 1
        return switches.count > 1 ? switches.removeFirst() : switches[0]
    }
    package func affinity(of tid: pid_t, into mask: inout [UInt64]) -> Int32 { -EINVAL }
    package func setAffinity(of tid: pid_t, _ mask: [UInt64]) -> Int32 {
        calls += 1
        guard affinityError == 0 else { return -affinityError }
        var cpus: [Int] = []
        for cpu in 0..<mask.count * 64 where mask[cpu / 64] & 1 << UInt64(cpu % 64) != 0 { cpus.append(cpu) }
        pins.append(cpus.count == 1 ? cpus[0] : -1)
        return 0
    }
    package func schedulingOfThread(_ attributes: inout SchedulingAttributes) -> Int32 { -EINVAL }
    package func setSchedulingOfThread(_ attributes: SchedulingAttributes) -> Int32 { 0 }
    package func schedulingPolicy(of tid: pid_t) -> Int32 { policies[tid] ?? 0 }
}
