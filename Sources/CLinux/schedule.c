#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int cl_futex_wait(uint32_t *word, uint32_t expected, uint64_t nanoseconds) {
    struct timespec timeout = {nanoseconds / 1000000000, nanoseconds % 1000000000};
    return syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, nanoseconds ? &timeout : NULL, NULL, 0) < 0
               ? -errno : 0;
}

void cl_futex_wake(uint32_t *word) { syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0); }

pid_t cl_thread_id(void) { return (pid_t)syscall(SYS_gettid); }

long cl_thread_switches(void) {
    struct rusage usage;
    return getrusage(RUSAGE_THREAD, &usage) == 0 ? usage.ru_nvcsw + usage.ru_nivcsw : -1;
}

int cl_get_processors(pid_t tid, uint64_t *mask, size_t words) {
    long size = syscall(SYS_sched_getaffinity, tid, words * sizeof *mask, mask);
    return size < 0 ? -errno : (int)(size / sizeof *mask);
}

int cl_set_processors(pid_t tid, const uint64_t *mask, size_t words) {
    return syscall(SYS_sched_setaffinity, tid, words * sizeof *mask, mask) < 0 ? -errno : 0;
}
