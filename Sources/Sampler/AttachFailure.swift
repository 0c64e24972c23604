import Glibc
import System
import TargetMemory

/// Why a process cannot be profiled, and what to do about it.
public struct AttachFailure: Error, Sendable {
    /// Begins with `Failed to seize PID N`, which scripts match.
    public let explanation: String

    private init(_ pid: pid_t, _ reason: String) {
        explanation = "Failed to seize PID \(pid): \(reason)"
    }

    /// What can be told before anything is tried; nil when nothing speaks against it.
    public static func foreseen(pid: pid_t) -> AttachFailure? {
        guard let status = ProcFile.text("/proc/\(pid)/status") else {
            return AttachFailure(
                pid,
                "there is no such process (in this PID namespace). Look it up with: pgrep -a python. "
                    + "In another container: docker run --pid=container:NAME or --pid=host; "
                    + "Kubernetes: shareProcessNamespace: true")
        }
        if let group = ProcFile.field("Tgid", of: status).flatMap({ pid_t($0) }), group != pid {
            return AttachFailure(
                pid, "it is a thread of process \(group). Use -p \(group); --threads shows all its threads")
        }
        if let state = ProcFile.field("State", of: status), state.hasPrefix("Z") || state.hasPrefix("X") {
            return AttachFailure(pid, "the process has ended (state \(state)) and waits for its parent")
        }
        if let tracer = tracer(in: status) { return AttachFailure(pid, tracer) }
        return nil
    }

    /// After `call`, the system call that attaches or reads memory for the first time, was refused with `error`.
    public static func refused(pid: pid_t, errno error: Int32, call: String = "ptrace") -> AttachFailure {
        guard error != ESRCH, let status = ProcFile.text("/proc/\(pid)/status") else {
            return AttachFailure(pid, "the process has just ended")
        }
        if let tracer = tracer(in: status) { return AttachFailure(pid, tracer) }
        let capability = "run pyflame as root or with CAP_SYS_PTRACE (Docker: --cap-add SYS_PTRACE; "
            + "Kubernetes: securityContext.capabilities.add: [SYS_PTRACE])"
        let hasCapability = Linux.shared.effectiveCapabilities >> 19 & 1 == 1  // CAP_SYS_PTRACE
        if seccompFilters() && (error == ENOSYS || (error == EPERM && hasCapability)) {
            return AttachFailure(
                pid, "a seccomp filter forbids \(call) (\(name(error))). Docker: "
                    + "--cap-add SYS_PTRACE or --security-opt seccomp=unconfined; Kubernetes: "
                    + "securityContext.capabilities.add: [SYS_PTRACE] or seccompProfile.type: Unconfined")
        }
        guard error == EPERM || error == EACCES else {
            return AttachFailure(pid, "\(call) says \(name(error))")
        }
        if hasCapability {
            return AttachFailure(
                pid, "not permitted, although pyflame has CAP_SYS_PTRACE: the process may be in another "
                    + "user namespace, or a security module (SELinux, AppArmor) forbids it")
        }
        if let owner = ProcFile.field("Uid", of: status)?
            .split(whereSeparator: \.isWhitespace).first.flatMap({ uid_t($0) }), owner != geteuid()
        {
            return AttachFailure(
                pid, "it belongs to another user (uid \(owner); you are \(geteuid())): \(capability), "
                    + "or as that user")
        }
        switch yamaScope() {
        case 1:
            return AttachFailure(
                pid, "Yama (kernel.yama.ptrace_scope = 1) lets you trace only children of your own: "
                    + "\(capability), start the program with pyflame -t, or: sysctl kernel.yama.ptrace_scope=0")
        case 2:
            return AttachFailure(
                pid, "Yama (kernel.yama.ptrace_scope = 2) wants CAP_SYS_PTRACE: \(capability)")
        case 3:
            return AttachFailure(
                pid, "Yama (kernel.yama.ptrace_scope = 3) forbids all tracing until the next boot")
        default:
            return AttachFailure(
                pid, "missing CAP_SYS_PTRACE: the process has privileges that you do not have, or "
                    + "it is not dumpable. \(capability)")
        }
    }

    private static func tracer(in status: String) -> String? {
        guard let thread = ProcFile.field("TracerPid", of: status).flatMap({ pid_t($0) }), thread > 0
        else { return nil }
        // The kernel names the thread that traces.
        let tracer = ProcFile.text("/proc/\(thread)/status")
            .flatMap { ProcFile.field("Tgid", of: $0) }.flatMap { pid_t($0) } ?? thread
        let command = ProcFile.firstLine("/proc/\(tracer)/comm") ?? "unknown"
        return "it is already traced by process \(tracer) (\(command)). "
            + "A process has one tracer at a time: end that one first"
    }

    private static func yamaScope() -> Int? {
        ProcFile.text("/proc/sys/kernel/yama/ptrace_scope")
            .flatMap { Int($0.prefix { $0.isNumber }) }
    }

    private static func seccompFilters() -> Bool {
        guard let status = ProcFile.text("/proc/self/status") else { return false }
        return ProcFile.field("Seccomp", of: status) == "2"
    }

    private static func name(_ error: Int32) -> String { String(cString: strerror(error)) }
}
