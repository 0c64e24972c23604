#define _GNU_SOURCE
#include "CLinux.h"

#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
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
int cl_status_exited(int status) { return WIFEXITED(status); }
int cl_status_exit_code(int status) { return WEXITSTATUS(status); }
int cl_status_signaled(int status) { return WIFSIGNALED(status); }
int cl_status_term_signal(int status) { return WTERMSIG(status); }
int cl_status_stopped(int status) { return WIFSTOPPED(status); }
int cl_status_stop_signal(int status) { return WSTOPSIG(status); }
int cl_status_event(int status) { return status >> 16; }
