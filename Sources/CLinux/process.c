#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

ssize_t cl_process_vm_readv(pid_t pid, const struct iovec *local, size_t local_count,
                            const struct iovec *remote, size_t remote_count) {
    ssize_t count = process_vm_readv(pid, local, local_count, remote, remote_count, 0);
    return count < 0 ? -errno : count;
}

int cl_gettid(void) { return (int)syscall(SYS_gettid); }

int cl_prctl(int option, unsigned long argument) {
    return prctl(option, argument, 0, 0, 0) < 0 ? -errno : 0;
}

uint64_t cl_effective_capabilities(void) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {{0}};
    if (syscall(SYS_capget, &header, data) != 0) return 0;
    return (uint64_t)data[1].effective << 32 | data[0].effective;
}
