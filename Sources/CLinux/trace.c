#define _GNU_SOURCE
#include "CLinux.h"

#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>

static int call(int request, pid_t tid, void *address, void *data) {
    return ptrace(request, tid, address, data) < 0 ? -errno : 0;
}

int cl_ptrace_seize(pid_t tid, uint32_t options) {
    return call(PTRACE_SEIZE, tid, 0, (void *)(uintptr_t)options);
}
int cl_ptrace_interrupt(pid_t tid) { return call(PTRACE_INTERRUPT, tid, 0, 0); }
int cl_ptrace_cont(pid_t tid, int signal) {
    return call(PTRACE_CONT, tid, 0, (void *)(intptr_t)signal);
}
int cl_ptrace_set_options(pid_t tid, uint32_t options) {
    return call(PTRACE_SETOPTIONS, tid, 0, (void *)(uintptr_t)options);
}
int cl_ptrace_listen(pid_t tid) { return call(PTRACE_LISTEN, tid, 0, 0); }
int cl_ptrace_detach(pid_t tid, int signal) {
    return call(PTRACE_DETACH, tid, 0, (void *)(intptr_t)signal);
}
int cl_ptrace_event_message(pid_t tid, unsigned long *message) {
    return call(PTRACE_GETEVENTMSG, tid, 0, message);
}

#if defined(__x86_64__)
// The calls that end with EINTR after a mere stop (signal(7), "Interruption of system calls by stop
// signals"), when they have done nothing yet. Not close or connect: they have, and must not be made twice.
static int is_cut_short_by_stops(long call) {
    switch (call) {
    case SYS_epoll_wait: case SYS_epoll_pwait: case 441 /* epoll_pwait2 */:
    case SYS_read: case SYS_readv: case SYS_recvfrom: case SYS_recvmsg: case SYS_recvmmsg:
    case SYS_accept: case SYS_accept4:
    case SYS_write: case SYS_writev: case SYS_sendto: case SYS_sendmsg:
    case SYS_semop: case SYS_semtimedop: case SYS_rt_sigtimedwait:
    case SYS_io_getevents: case 333 /* io_pgetevents */: case 426 /* io_uring_enter */:
        return 1;
    default:
        return 0;
    }
}
#endif

int cl_ptrace_take_up_call(pid_t tid) {
#if defined(__x86_64__)
    // The kernel's own ERESTARTNOHAND, not in any header: "again, unless a handler ran; then EINTR".
    const long again = -514;
    errno = 0;
    long call = ptrace(PTRACE_PEEKUSER, tid, offsetof(struct user_regs_struct, orig_rax), 0);
    if (errno != 0) return -errno;
    if (!is_cut_short_by_stops(call)) return 0;
    long result = ptrace(PTRACE_PEEKUSER, tid, offsetof(struct user_regs_struct, rax), 0);
    if (errno != 0) return -errno;
    if (result != -EINTR) return 0;
    if (ptrace(PTRACE_POKEUSER, tid, offsetof(struct user_regs_struct, rax), again) < 0) return -errno;
    return 1;
#else
    (void)tid;
    return 0;
#endif
}

int cl_ptrace_thread_pointer(pid_t tid, uint64_t *pointer) {
#if defined(__x86_64__)
    struct user_regs_struct registers;
    struct iovec block = {&registers, sizeof registers};
    int result = call(PTRACE_GETREGSET, tid, (void *)NT_PRSTATUS, &block);
    *pointer = registers.fs_base;
    return result;
#elif defined(__aarch64__)
    struct iovec block = {pointer, sizeof *pointer};
    return call(PTRACE_GETREGSET, tid, (void *)NT_ARM_TLS, &block);
#else
    return -ENOSYS;
#endif
}

pid_t cl_wait(pid_t tid, int *status, int no_hang) {
    pid_t result = waitpid(tid, status, __WALL | (no_hang ? WNOHANG : 0));
    return result < 0 ? -errno : result;
}
pid_t cl_take_child_signal(long nanoseconds, int *plain_stop) {
    struct timespec timeout = {0, nanoseconds};
    siginfo_t info;
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    *plain_stop = 0;
    if (sigtimedwait(&signals, &info, &timeout) != SIGCHLD) return 0;
#if defined(__x86_64__)
    *plain_stop = info.si_code == CLD_STOPPED && info.si_status == 0;
#endif
    return info.si_pid;
}
int cl_status_exited(int status) { return WIFEXITED(status); }
int cl_status_exit_code(int status) { return WEXITSTATUS(status); }
int cl_status_signaled(int status) { return WIFSIGNALED(status); }
int cl_status_term_signal(int status) { return WTERMSIG(status); }
int cl_status_stopped(int status) { return WIFSTOPPED(status); }
int cl_status_stop_signal(int status) { return WSTOPSIG(status); }
int cl_status_event(int status) { return status >> 16; }
