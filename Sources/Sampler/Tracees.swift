import CLinux
import Glibc
import TargetMemory

/// The threads that this thread traces, and what each of them is doing. Seizing a thread does not
/// stop it, so threads are seized when they first have to be stopped, and never before.
///
/// All of ptrace belongs to the OS thread that seized; when that thread ends, the kernel lets every
/// tracee go without stopping it, and this is how pyflame detaches.
public final class Tracees {
    /// What happened to a process as a whole.
    public enum Event: Equatable, Sendable {
        /// A traced process forked `child`, which is traced too; an observer may `release` it.
        case forked(parent: pid_t, child: pid_t)
        /// A traced process has a new thread, which is traced too.
        case cloned(parent: pid_t, thread: pid_t)
        /// The process runs another program now; its other threads are gone.
        case executed(pid_t)
        /// The thread ended; with a process's id, all of the process did. `status` is as wait gives it.
        case ended(pid_t, status: Int32)
    }

    /// Why a thread that we did not stop ourselves stands still, or that it does not.
    private enum State {
        case running
        /// We asked it to stop and have not seen it yet.
        case interrupted
        /// In a ptrace-stop; `signal` is to be delivered when it goes on.
        case held(signal: Int32)
        /// In a group-stop (SIGSTOP and its kin), left there with PTRACE_LISTEN.
        case groupStopped
    }

    /// What became of a thread that was to be stopped.
    enum Stop: Equatable {
        case stopped
        /// It ended.
        case gone
        /// It did not stop in time (it sits in the kernel, uninterruptibly).
        case late
    }

    private var states: [pid_t: State] = [:]
    /// Those that were seen to stop for us in no group-stop: a later group-stop is told of by a signal of its own.
    private var settled: Set<pid_t> = []
    private var observers: [Observation: (Event) -> Void] = [:]
    private var observations = 0
    public private(set) var systemCalls = 0
    /// Those of them that asked for a stop that was not there yet: a loaded machine makes them more.
    private(set) var callsInVain = 0
    /// How often a stop hit a thread that was just entering a system call, which then was taken up again.
    public private(set) var resumedCalls = 0

    /// How long most stops take, as learnt from those before: asking earlier is in vain. Nanoseconds,
    /// as all of these.
    private var usualStop: UInt64 = 6_000
    private static let usualStops: ClosedRange<UInt64> = 2_000...20_000
    /// Spinning this long sees most stops; a blocking wait costs the target some 25 µs more.
    private static let spinTime: UInt64 = 50_000
    private static let spinStep: UInt64 = 1_500
    /// Longer than this no stop is waited for.
    private static let patience: UInt64 = 100_000_000
    /// The signals of two threads may have come as one: whether the others have to be asked.
    private var isSweepDue = false
    private var lastSweep: UInt64 = 0
    private static let sweepInterval: UInt64 = 2_000_000

    public init() {}

    /// Stands for an observer.
    public struct Observation: Hashable, Sendable {
        fileprivate var number: Int
    }

    /// `observer` is told of every event from now on.
    @discardableResult
    public func observe(_ observer: @escaping (Event) -> Void) -> Observation {
        observations += 1
        let observation = Observation(number: observations)
        observers[observation] = observer
        return observation
    }

    public func endObservation(_ observation: Observation) { observers[observation] = nil }

    /// Starts tracing `tid`, which goes on running, and with `followingForks` every process that it
    /// starts. 0 or an errno.
    public func seize(_ tid: pid_t, followingForks: Bool = false) -> Int32 {
        guard states[tid] == nil else { return 0 }
        systemCalls += 1
        let result: Int32 = cl_ptrace_seize(tid, Self.options(followingForks: followingForks))
        if result == 0 { states[tid] = .running }
        return -result
    }

    /// For a thread that an event has just told of: whether all that it starts is traced, too.
    public func follow(_ tid: pid_t, forks: Bool) {
        guard case .held = states[tid] else { return }
        systemCalls += 1
        _ = cl_ptrace_set_options(tid, Self.options(followingForks: forks))
    }

    /// Threads as well as processes: a wrapper may start its child from any of its threads.
    private static func options(followingForks: Bool) -> UInt32 {
        let forks = CL_TRACE_FORK | CL_TRACE_VFORK | CL_TRACE_CLONE
        return UInt32(CL_TRACE_EXEC | (followingForks ? forks : 0))
    }

    /// Counts a wait for the next deadline, which is for the tracees' sake as well.
    func noteWait() { systemCalls += 1 }

    /// Notes that a sample is due, and that it took `calls` to be woken for it, the wait itself apart.
    func noteWaking(_ calls: Int) {
        systemCalls += calls
        callsOfWaiting = calls + 1
    }

    /// What waiting for the last sample took.
    private(set) var callsOfWaiting = 1

    func traces(_ tid: pid_t) -> Bool { states[tid] != nil }

    /// Asks `tid` to stop; `awaitStop` waits for it. Other work can be done in between.
    func interrupt(_ tid: pid_t) {
        guard case .running = states[tid] else { return }
        systemCalls += 1
        if cl_ptrace_interrupt(tid) == 0 {
            states[tid] = .interrupted
        } else {
            lose(tid)
        }
    }

    /// Waits until `tid` stands still: `spinning`, or asleep at once, where the processor is needed for that.
    func awaitStop(_ tid: pid_t, spinning: Bool) -> Stop {
        let start = monotonicNow()
        var asked = 0
        if spinning, case .interrupted = states[tid] { spin(until: start + usualStop) }
        while true {
            switch states[tid] {
            case nil: return .gone
            case .held, .groupStopped:
                if spinning, asked > 0 { learn(fromStopSeenAfter: asked) }
                return .stopped
            case .running: return .gone  // it could not be asked to stop
            case .interrupted: break
            }
            asked += 1
            let waited = monotonicNow() - start
            if waited > Self.patience { return .late }
            let sleeps = !spinning || waited > Self.spinTime
            let callsBefore = systemCalls
            if takeStop(of: tid, waiting: sleeps ? 20_000_000 : 0) { continue }
            callsInVain += systemCalls - callsBefore
            if sleeps { continue }
            // A thread that waits for a processor itself takes long: it is asked less and less often.
            spin(until: monotonicNow() + Self.spinStep << UInt64(min(asked - 1, 4)))
        }
    }

    /// A stop is to be seen when it is first asked for, nine times out of ten.
    private func learn(fromStopSeenAfter asked: Int) {
        let next = asked == 1 ? usualStop - 40 : usualStop + 360
        usualStop = min(max(next, Self.usualStops.lowerBound), Self.usualStops.upperBound)
    }

    /// Sees by the signal that `tid` did what `interrupt` asked for, waiting for it this long (nanoseconds, below
    /// a second); whether anything was seen. The signal has to be taken in any case, or the next wait would end
    /// with it at once, and mostly says all that `wait` would.
    private func takeStop(of tid: pid_t, waiting patience: Int) -> Bool {
        var isPlain: Int32 = 0
        systemCalls += 1
        let sender = cl_take_child_signal(patience, &isPlain)
        // That it obeys ptrace is the proof; it is not when the signal is late and tells of an earlier stop.
        if sender == tid, isPlain != 0, settled.contains(tid), noteStop(of: tid) {
            states[tid] = .held(signal: 0)
            return true
        }
        // The signals of several threads come as one.
        if sender != 0, sender != tid { isSweepDue = true }
        return (sender != 0 || states.count > 1 || patience > 0) && takeEvent(of: tid)
    }

    /// `tid` stands still because it was asked to. It may have entered a system call after it was last seen to run.
    /// False when it moves.
    private func noteStop(of tid: pid_t) -> Bool {
        systemCalls += 1
        let result = cl_ptrace_take_up_call(tid)
        if result == 1 { resumedCalls += 1 }
        return result >= 0
    }

    /// Lets `tid` go on, with the signal that it stopped for.
    func resume(_ tid: pid_t) {
        guard case .held(let signal) = states[tid] else { return }
        systemCalls += 1
        states[tid] = .running
        if cl_ptrace_cont(tid, signal) != 0 { lose(tid) }
    }

    /// `tid` does not obey: it was killed, and its end will be told; or another thread ran execve, and it
    /// is not traced any more.
    private func lose(_ tid: pid_t) {
        guard !takeEvent(of: tid) else { return }
        let status = ProcFile.text("/proc/\(tid)/status")
        systemCalls += 3
        if status.flatMap({ ProcFile.field("TracerPid", of: $0) }) ?? "0" == "0" { forget(tid) }
    }

    /// Stops tracing a process or a thread that was just started: it runs free, and all that it starts.
    public func release(_ child: pid_t) {
        guard awaitStop(child, spinning: true) == .stopped else { return }
        systemCalls += 1
        _ = cl_ptrace_detach(child, 0)
        drop(child)
    }

    /// The thread that traced has ended, and the kernel has let all of them go.
    func forgetAll() {
        states.removeAll()
        settled.removeAll()
    }

    /// The thread pointer of a thread that is held; nil where it cannot be read.
    func threadPointer(of tid: pid_t) -> UInt64? {
        #if arch(x86_64)
            var pointer: UInt64 = 0
            systemCalls += 1
            return cl_ptrace_thread_pointer(tid, &pointer) == 0 ? pointer : nil
        #else
            return nil
        #endif
    }

    /// Handles all that has happened to traced threads since the last call, and lets those go on
    /// that stopped for a reason of their own.
    public func handleEvents() {
        isSweepDue = false
        lastSweep = monotonicNow()
        while takeEvent(of: -1) {}
        for (tid, state) in states {
            if case .held = state { resume(tid) }
        }
    }

    /// The same, if something may have happened that no signal will tell of.
    func handleHiddenEvents() {
        if isSweepDue, monotonicNow() - lastSweep > Self.sweepInterval { handleEvents() }
    }

    /// Takes one event of `tid` (-1: of any); false when there is none.
    private func takeEvent(of tid: pid_t) -> Bool {
        var status: Int32 = 0
        systemCalls += 1
        let changed = cl_wait(tid, &status, 1)
        guard changed > 0 else {
            // Not ours any more: gone without a word (an execve by another thread).
            if changed < 0, tid > 0 { forget(tid) }
            return changed < 0 && tid > 0
        }
        if cl_status_exited(status) != 0 || cl_status_signaled(status) != 0 {
            forget(changed, status: status)
            return true
        }
        // A forked child may report its first stop before its parent reports the fork.
        if states[changed] == nil { states[changed] = .interrupted }
        guard cl_status_stopped(status) != 0 else { return true }
        let signal = cl_status_stop_signal(status)
        if cl_status_event(status) == Int32(CL_EVENT_STOP), case .interrupted = states[changed] {
            _ = noteStop(of: changed)
            if signal == SIGTRAP { settled.insert(changed) }
            // Its signal is there by now, and must not be taken for that of the next stop.
            var isPlain: Int32 = 0
            systemCalls += 1
            let sender = cl_take_child_signal(0, &isPlain)
            if sender != 0, sender != changed { isSweepDue = true }
        }
        switch cl_status_event(status) {
        case 0: states[changed] = .held(signal: signal)
        case Int32(CL_EVENT_STOP) where signal != SIGTRAP:
            // A group-stop: leave the thread in it.
            systemCalls += 1
            states[changed] = cl_ptrace_listen(changed) == 0 ? .groupStopped : .held(signal: 0)
        case Int32(CL_EVENT_EXEC):
            states[changed] = .held(signal: 0)
            // Whichever thread called it has the process's id now.
            if let former = message(of: changed), former != changed { drop(former) }
            tell(.executed(changed))
        case let event where [CL_EVENT_FORK, CL_EVENT_VFORK, CL_EVENT_CLONE].contains { Int32($0) == event }:
            states[changed] = .held(signal: 0)
            guard let child = message(of: changed) else { break }
            if states[child] == nil { states[child] = .interrupted }
            tell(
                event == Int32(CL_EVENT_CLONE)
                    ? .cloned(parent: changed, thread: child) : .forked(parent: changed, child: child))
        default: states[changed] = .held(signal: 0)
        }
        return true
    }

    /// The thread that an event is about.
    private func message(of tid: pid_t) -> pid_t? {
        var message: UInt = 0
        systemCalls += 1
        return cl_ptrace_event_message(tid, &message) == 0 ? pid_t(truncatingIfNeeded: message) : nil
    }

    private func forget(_ tid: pid_t, status: Int32 = 0) {
        guard drop(tid) else { return }
        tell(.ended(tid, status: status))
    }

    /// `tid` is not ours any more; whether it was.
    @discardableResult
    private func drop(_ tid: pid_t) -> Bool {
        settled.remove(tid)
        return states.removeValue(forKey: tid) != nil
    }

    private func tell(_ event: Event) {
        for observer in observers.values { observer(event) }
    }
}
