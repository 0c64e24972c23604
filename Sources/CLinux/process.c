#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

ssize_t cl_process_vm_readv(pid_t pid, const struct iovec *local, size_t local_count,
                            const struct iovec *remote, size_t remote_count) {
    ssize_t count = process_vm_readv(pid, local, local_count, remote, remote_count, 0);
    return count < 0 ? -errno : count;
}

pid_t cl_spawn_waiting(char *const argv[], const sigset_t *mask, int *release, int *failure) {
    int gate[2], report[2];
    if (pipe2(gate, O_CLOEXEC) != 0) return -errno;
    if (pipe2(report, O_CLOEXEC) != 0) {
        int error = errno;
        close(gate[0]);
        close(gate[1]);
        return -error;
    }
    pid_t child = fork();
    if (child == 0) {
        // Only async-signal-safe calls: the parent has threads.
        char byte;
        close(gate[1]);
        sigprocmask(SIG_SETMASK, mask, NULL);
        if (read(gate[0], &byte, 1) != 1) _exit(127);
        execvp(argv[0], argv);
        int error = errno;
        ssize_t written = write(report[1], &error, sizeof error);
        (void)written;
        _exit(127);
    }
    int error = errno;
    close(gate[0]);
    close(report[1]);
    if (child < 0) {
        close(gate[1]);
        close(report[0]);
        return -error;
    }
    *release = gate[1];
    *failure = report[0];
    return child;
}

uint64_t cl_effective_capabilities(void) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {{0}};
    if (syscall(SYS_capget, &header, data) != 0) return 0;
    return (uint64_t)data[1].effective << 32 | data[0].effective;
}

static int release_segments(struct dl_phdr_info *object, size_t size, void *unused) {
    (void)size;
    (void)unused;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        // What may be written (or was, for relocations) is not in the file as it is in memory.
        if (segment->p_type != PT_LOAD || segment->p_flags & PF_W) continue;
        uintptr_t start = (object->dlpi_addr + segment->p_vaddr) & ~(page - 1);
        uintptr_t end = (object->dlpi_addr + segment->p_vaddr + segment->p_memsz + page - 1) & ~(page - 1);
        madvise((void *)start, end - start, MADV_DONTNEED);
    }
    return 0;
}

void cl_release_code(void) { dl_iterate_phdr(release_segments, NULL); }

void cl_set_timer_slack(unsigned long nanoseconds) { prctl(PR_SET_TIMERSLACK, nanoseconds); }
