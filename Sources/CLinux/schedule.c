#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

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

// The C library's numbers for timers are others than the kernel's, and need memory of their own.
int cl_timer_create(int signal) {
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = signal};
    event._sigev_un._tid = (pid_t)syscall(SYS_gettid);
    int timer;
    return syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer) < 0 ? -errno : timer;
}

int cl_timer_set(int timer, uint64_t moment) {
    struct itimerspec time = {.it_value = {(time_t)(moment / 1000000000), (long)(moment % 1000000000)}};
    return syscall(SYS_timer_settime, timer, TIMER_ABSTIME, &time, NULL) < 0 ? -errno : 0;
}

void cl_timer_delete(int timer) { syscall(SYS_timer_delete, timer); }

// linux/sched/types.h has it, which sched.h of the C library does not go with.
struct attributes {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
};

int cl_get_scheduling(struct cl_scheduling *attributes) {
    struct attributes raw = {.size = sizeof raw};
    if (syscall(SYS_sched_getattr, 0, &raw, sizeof raw, 0) < 0) return -errno;
    *attributes = (struct cl_scheduling){(int)raw.policy, raw.nice, raw.priority, raw.flags, raw.runtime};
    return 0;
}

int cl_set_scheduling(const struct cl_scheduling *attributes) {
    struct attributes raw = {
        .size = sizeof raw, .policy = (uint32_t)attributes->policy, .nice = attributes->nice,
        .priority = attributes->priority, .flags = attributes->flags, .runtime = attributes->runtime};
    return syscall(SYS_sched_setattr, 0, &raw, 0) < 0 ? -errno : 0;
}

int cl_scheduling_policy(pid_t tid) {
    int policy = sched_getscheduler(tid);
    return policy < 0 ? -errno : policy;
}
