#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// The C library has these calls since its version 2.36 only.
enum { PIDFD_SEND_SIGNAL = 424, PIDFD_OPEN = 434 };

int cl_pidfd_open(pid_t pid) {
    long descriptor = syscall(PIDFD_OPEN, pid, 0);
    return descriptor < 0 ? -errno : (int)descriptor;
}

int cl_pidfd_send_signal(int pidfd, int signal) {
    return syscall(PIDFD_SEND_SIGNAL, pidfd, signal, 0, 0) < 0 ? -errno : 0;
}

int cl_pidfd_has_ended(int pidfd) {
    struct pollfd ending = {pidfd, POLLIN, 0};
    int count = poll(&ending, 1, 0);
    return count < 0 ? -errno : count > 0;
}

int cl_mount_of(int descriptor, uint64_t *mount) {
    char path[40], text[256];
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", descriptor);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -errno;
    ssize_t count = read(file, text, sizeof text - 1);
    close(file);
    text[count > 0 ? count : 0] = 0;
    const char *field = strstr(text, "mnt_id:");
    if (!field) return -ENOSYS;
    *mount = strtoull(field + 7, NULL, 10);
    return 0;
}

pid_t cl_wait_peek_end(pid_t tid) {
    siginfo_t info;
    info.si_pid = 0;
    int result = waitid(tid > 0 ? P_PID : P_ALL, tid > 0 ? (id_t)tid : 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL);
    if (result < 0) return -errno;
    /* A tracer is told of stops as well, whatever it asks for (kernel/exit.c, wait_consider_task). */
    int ended = info.si_code == CLD_EXITED || info.si_code == CLD_KILLED || info.si_code == CLD_DUMPED;
    return info.si_pid > 0 && ended ? info.si_pid : 0;
}
