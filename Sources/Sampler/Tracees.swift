import Glibc
import Machine
import System
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
        /// The process has ended, and is not waited for yet: /proc still knows it. Only told where `tellsOfEndings` is set,
        /// and perhaps more than once.
        case ending(pid_t)
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
    private let kernel: any Kernel
    /// Those of them that asked for a stop that was not there yet: a loaded machine makes them more.
    private(set) var callsInVain = 0

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

    /// Whether somebody wants to look at processes that have ended. That takes a system call for each event.
    package var tellsOfEndings = false

    package init(kernel: any Kernel = Linux.shared) { self.kernel = kernel }

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
        let result = kernel.seize(tid, options: Self.options(followingForks: followingForks).rawValue)
        if result == 0 { states[tid] = .running }
        return -result
    }

    /// For a thread that an event has just told of: whether all that it starts is traced, too.
    public func follow(_ tid: pid_t, forks: Bool) {
        guard case .held = states[tid] else { return }
        _ = kernel.setTraceOptions(tid, Self.options(followingForks: forks).rawValue)
    }

    /// Threads as well as processes: a wrapper may start its child from any of its threads.
    private static func options(followingForks: Bool) -> TraceOptions {
        followingForks ? [.exec, .fork, .vfork, .clone] : .exec
    }

    func traces(_ tid: pid_t) -> Bool { states[tid] != nil }

    /// Asks `tid` to stop; `awaitStop` waits for it. Other work can be done in between.
    func interrupt(_ tid: pid_t) {
        guard case .running = states[tid] else { return }
        if kernel.interrupt(tid) == 0 {
            states[tid] = .interrupted
        } else {
            lose(tid)
        }
    }

    /// Waits until `tid` stands still: `spinning`, or asleep at once, where the processor is needed for that.
    func awaitStop(_ tid: pid_t, spinning: Bool) -> Stop {
        let start = kernel.monotonicNow()
        var asked = 0
        if spinning, case .interrupted = states[tid] { kernel.spin(until: start + usualStop) }
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
            let waited = kernel.monotonicNow() - start
            if waited > Self.patience { return .late }
            let sleeps = !spinning || waited > Self.spinTime
            let callsBefore = kernel.calls
            if takeStop(of: tid, waiting: sleeps ? 20_000_000 : 0) { continue }
            callsInVain += kernel.calls - callsBefore
            if sleeps { continue }
            // A thread that waits for a processor itself takes long: it is asked less and less often.
            kernel.spin(until: kernel.monotonicNow() + Self.spinStep << UInt64(min(asked - 1, 4)))
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
    private func takeStop(of tid: pid_t, waiting patience: UInt64) -> Bool {
        let (sender, isPlain) = takeChildSignal(within: patience)
        // That it obeys ptrace is the proof; it is not when the signal is late and tells of an earlier stop.
        if sender == tid, isPlain, settled.contains(tid), noteStop(of: tid) {
            states[tid] = .held(signal: 0)
            return true
        }
        // The signals of several threads come as one.
        if sender != 0, sender != tid { isSweepDue = true }
        return (sender != 0 || states.count > 1 || patience > 0) && takeEvent(of: tid)
    }

    /// The thread that a SIGCHLD is about, 0 when none came in time. `isPlain` says whether that is in the stop that
    /// PTRACE_INTERRUPT asks for and in no group-stop: CLD_STOPPED without a signal. Other ptrace-stops come as
    /// CLD_TRAPPED (kernel/signal.c, do_jobctl_trap and do_notify_parent_cldstop, since Linux 3.4).
    private func takeChildSignal(within nanoseconds: UInt64) -> (sender: pid_t, isPlain: Bool) {
        let signal = kernel.takeSignal(among: Self.childSignal, within: nanoseconds)
        guard signal.number == SIGCHLD else { return (0, false) }
        let isPlain = signal.code == Int32(CLD_STOPPED) && signal.status == 0
        return (signal.sender, isPlain && RunningMachine.repairsCalls)
    }

    private static let childSignal = SignalSet([SIGCHLD])

    /// `tid` stands still because it was asked to. It may have entered a system call after it was last seen to run;
    /// then that is taken up again. False when it moves.
    private func noteStop(of tid: pid_t) -> Bool {
        RunningMachine.takeUpCall(of: tid, kernel) >= 0
    }

    /// Lets `tid` go on, with the signal that it stopped for.
    func resume(_ tid: pid_t) {
        guard case .held(let signal) = states[tid] else { return }
        states[tid] = .running
        if kernel.resume(tid, signal: signal) != 0 { lose(tid) }
    }

    /// `tid` does not obey: it was killed, and its end will be told; or another thread ran execve, and it
    /// is not traced any more.
    private func lose(_ tid: pid_t) {
        guard !takeEvent(of: tid) else { return }
        let status = kernel.text(of: "/proc/\(tid)/status")
        if status.flatMap({ ProcFile.field("TracerPid", of: $0) }) ?? "0" == "0" { forget(tid) }
    }

    /// Stops tracing a process or a thread that was just started: it runs free, and all that it starts.
    public func release(_ child: pid_t) {
        guard awaitStop(child, spinning: true) == .stopped else { return }
        _ = kernel.detach(child, signal: 0)
        drop(child)
    }

    /// The thread that traced has ended, and the kernel has let all of them go.
    func forgetAll() {
        states.removeAll()
        settled.removeAll()
    }

    /// The thread pointer of a thread that is held; nil where it cannot be read.
    func threadPointer(of tid: pid_t) -> UInt64? { RunningMachine.threadPointer(of: tid, kernel) }

    /// Handles all that has happened to traced threads since the last call, and lets those go on
    /// that stopped for a reason of their own.
    public func handleEvents() {
        isSweepDue = false
        lastSweep = kernel.monotonicNow()
        while takeEvent(of: -1) {}
        for (tid, state) in states {
            if case .held = state { resume(tid) }
        }
    }

    /// The same, if something may have happened that no signal will tell of.
    func handleHiddenEvents() {
        if isSweepDue, kernel.monotonicNow() - lastSweep > Self.sweepInterval { handleEvents() }
    }

    /// Takes one event of `tid` (-1: of any); false when there is none.
    private func takeEvent(of tid: pid_t) -> Bool {
        var status = WaitStatus()
        if tellsOfEndings {
            let ending = kernel.endedAndNotWaitedFor(among: tid)
            if ending > 0 { tell(.ending(ending)) }
        }
        let changed = kernel.waitNow(for: tid, status: &status)
        guard changed > 0 else {
            // Not ours any more: gone without a word (an execve by another thread).
            if changed < 0, tid > 0 { forget(tid) }
            return changed < 0 && tid > 0
        }
        if status.hasEnded {
            forget(changed, status: status)
            return true
        }
        // A forked child may report its first stop before its parent reports the fork.
        if states[changed] == nil { states[changed] = .interrupted }
        guard let signal = status.stopSignal else { return true }
        if status.event == .stop, case .interrupted = states[changed] {
            _ = noteStop(of: changed)
            if signal == SIGTRAP { settled.insert(changed) }
            // Its signal is there by now, and must not be taken for that of the next stop.
            let sender = takeChildSignal(within: 0).sender
            if sender != 0, sender != changed { isSweepDue = true }
        }
        switch status.event {
        case nil: states[changed] = .held(signal: signal)
        case .stop where signal != SIGTRAP:
            // A group-stop: leave the thread in it.
            states[changed] = kernel.listen(changed) == 0 ? .groupStopped : .held(signal: 0)
        case .exec:
            states[changed] = .held(signal: 0)
            // Whichever thread called it has the process's id now.
            if let former = message(of: changed), former != changed { drop(former) }
            tell(.executed(changed))
        case .fork, .vfork, .clone:
            states[changed] = .held(signal: 0)
            guard let child = message(of: changed) else { break }
            if states[child] == nil { states[child] = .interrupted }
            tell(
                status.event == .clone
                    ? .cloned(parent: changed, thread: child) : .forked(parent: changed, child: child))
        case .stop, .other: states[changed] = .held(signal: 0)
        }
        return true
    }

    /// The thread that an event is about.
    private func message(of tid: pid_t) -> pid_t? {
        kernel.eventMessage(of: tid).map { pid_t(truncatingIfNeeded: $0) }
    }

    private func forget(_ tid: pid_t, status: WaitStatus = WaitStatus()) {
        guard drop(tid) else { return }
        tell(.ended(tid, status: status.raw))
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
