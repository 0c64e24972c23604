#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// glibc's own setgroups would change all threads.
static int set_groups(size_t count, const gid_t *groups) {
    return syscall(SYS_setgroups, count, groups) == 0 ? 0 : -errno;
}

int cl_find_in_root(int root, const char *path) {
    struct open_how how = {
        .flags = O_PATH | O_CLOEXEC,
        .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
    };
    long found = syscall(SYS_openat2, root, path, &how, sizeof how);
    // EPERM: a seccomp filter that has not heard of it.
    if (found >= 0 || (errno != ENOSYS && errno != EPERM)) return found >= 0 ? (int)found : -errno;
    // Before Linux 5.6 only where the two roots are one.
    struct stat theirs, ours;
    if (fstat(root, &theirs) != 0 || stat("/", &ours) != 0) return -errno;
    if (theirs.st_dev != ours.st_dev || theirs.st_ino != ours.st_ino) return -ENOSYS;
    int plain = open(path, O_PATH | O_CLOEXEC);
    return plain >= 0 ? plain : -errno;
}

static int open_regular(int root, const char *path) {
    int found = cl_find_in_root(root, path);
    if (found < 0) return found;
    struct stat status;
    int result = fstat(found, &status) != 0 ? -errno : S_ISREG(status.st_mode) ? 0 : -EINVAL;
    if (result == 0) {
        char name[40];
        snprintf(name, sizeof name, "/proc/self/fd/%d", found);
        result = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (result < 0) result = -errno;
    }
    close(found);
    return result;
}

int cl_open_as(int root, const char *path, uid_t user, gid_t group, const gid_t *groups, size_t count) {
    // Nobody but root can become another user; root must, or it would read what the user may not.
    if (geteuid() != 0) return geteuid() == user ? open_regular(root, path) : -EPERM;
    gid_t own[256];
    int own_count = getgroups(256, own);
    if (own_count < 0) return -errno;
    int result = set_groups(count, groups);
    if (result != 0) return result;
    setfsgid(group);
    setfsuid(user);
    // These report the id before the call, and no error.
    int is_user = (uid_t)setfsuid(-1) == user && (gid_t)setfsgid(-1) == group;
    result = is_user ? open_regular(root, path) : -EPERM;
    setfsuid(geteuid());
    setfsgid(getegid());
    set_groups((size_t)own_count, own);
    return result;
}
