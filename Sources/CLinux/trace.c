#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

_Thread_local long cl_calls_made;

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

int cl_ptrace_peek_user(pid_t tid, long offset, long *word) {
    errno = 0;
    *word = ptrace(PTRACE_PEEKUSER, tid, offset, 0);
    return -errno;
}
int cl_ptrace_poke_user(pid_t tid, long offset, long word) {
    return call(PTRACE_POKEUSER, tid, (void *)offset, (void *)word);
}
int cl_ptrace_registers(pid_t tid, int set, void *buffer, size_t size) {
    struct iovec block = {buffer, size};
    return call(PTRACE_GETREGSET, tid, (void *)(intptr_t)set, &block);
}

pid_t cl_wait(pid_t tid, int *status) {
    pid_t result = waitpid(tid, status, __WALL | WNOHANG);
    return result < 0 ? -errno : result;
}

int cl_take_signal(uint64_t signals, int64_t nanoseconds, struct cl_signal *taken) {
    siginfo_t info;
    sigset_t set = {{signals}};
    struct timespec timeout = {(time_t)(nanoseconds / 1000000000), (long)(nanoseconds % 1000000000)};
    int number = sigtimedwait(&set, &info, nanoseconds < 0 ? NULL : &timeout);
    if (number < 0) return -errno;
    *taken = (struct cl_signal){info.si_code, info.si_pid, info.si_status};
    return number;
}
