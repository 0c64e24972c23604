#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

// All of this runs in a child that was forked from a process with threads: it makes system calls and takes no locks.
// The C library's functions for ids would tell other threads, so the kernel is called itself.

static const uint64_t file_capabilities = 1 << CAP_DAC_OVERRIDE | 1 << CAP_DAC_READ_SEARCH;

struct capabilities { uint64_t effective, permitted, inheritable; };

static int get_capabilities(struct capabilities *own) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {{0}};
    if (syscall(SYS_capget, &header, data) != 0) return -1;
    own->effective = (uint64_t)data[1].effective << 32 | data[0].effective;
    own->permitted = (uint64_t)data[1].permitted << 32 | data[0].permitted;
    own->inheritable = (uint64_t)data[1].inheritable << 32 | data[0].inheritable;
    return 0;
}

static int keep_capabilities(uint64_t kept) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {
        {(uint32_t)kept, (uint32_t)kept, 0}, {(uint32_t)(kept >> 32), (uint32_t)(kept >> 32), 0}};
    return (int)syscall(SYS_capset, &header, data);
}

static int is_in(gid_t group, const gid_t *groups, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (groups[i] == group) return 1;
    return 0;
}

/// Whether this process has no group that `rights` does not have.
static int has_only_groups_of(const struct cl_rights *rights) {
    static gid_t own[65536];
    int count = getgroups(65536, own);
    if (count < 0) return 0;
    for (int i = 0; i < count; i++)
        if (own[i] != rights->group && !is_in(own[i], rights->groups, rights->group_count)) return 0;
    return 1;
}

static int has_ids_of(const struct cl_rights *rights) {
    uid_t user[3];
    gid_t group[3];
    if (getresuid(&user[0], &user[1], &user[2]) != 0 || getresgid(&group[0], &group[1], &group[2]) != 0) return 0;
    for (int i = 0; i < 3; i++)
        if (user[i] != rights->user || group[i] != rights->group) return 0;
    // An invalid id changes nothing and tells the present one.
    return (uid_t)setfsuid(-1) == rights->user && (gid_t)setfsgid(-1) == rights->group;
}

/// 0, or -1 when this process is not exactly what `rights` says.
static int take_on(const struct cl_rights *rights) {
    // Processes of that user must not look into this one, which began as a copy of pyflame.
    prctl(PR_SET_DUMPABLE, 0);
    prctl(PR_SET_KEEPCAPS, 0);
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    for (int capability = 0; capability < 64; capability++) prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    // A change of ids is to take capabilities away as usual, whatever pyflame was started with. (The flags may be
    // locked: so the capabilities are set and looked at below in any case.)
    prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED);
    // Each of these may fail where nothing has to change: what counts is how it is in the end.
    syscall(SYS_setgroups, rights->group_count, rights->groups);
    syscall(SYS_setresgid, rights->group, rights->group, rights->group);
    struct capabilities own;
    if (get_capabilities(&own) != 0) return -1;
    uint64_t kept = rights->user == 0 ? own.permitted & rights->capabilities & file_capabilities : 0;
    syscall(SYS_setresuid, rights->user, rights->user, rights->user);
    if (keep_capabilities(kept) != 0) return -1;
    // The change of ids may have undone it (fs.suid_dumpable).
    prctl(PR_SET_DUMPABLE, 0);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
    if (!has_ids_of(rights) || !has_only_groups_of(rights) || get_capabilities(&own) != 0) return -1;
    return own.effective == kept && own.permitted == kept && own.inheritable == 0 ? 0 : -1;
}

/// File systems that this kernel serves from disks or memory of its own. Others may ask a process or another
/// machine for each read, and need not answer; and some hold no files but the kernel's own words.
static int is_local(int descriptor) {
    static const uint32_t kinds[] = {
        0xef53 /* ext2, 3, 4 */, 0x58465342 /* xfs */, 0x9123683e /* btrfs */, 0x01021994 /* tmpfs */,
        0x858458f6 /* ramfs */, 0x794c7630 /* overlayfs */, 0x61756673 /* aufs */, 0x73717368 /* squashfs */,
        0xe0f5e1e2 /* erofs */, 0xf2f52010 /* f2fs */, 0x2fc12fc1 /* zfs */, 0xca451a4e /* bcachefs */,
        0x3153464a /* jfs */, 0x52654973 /* reiserfs */, 0x3434 /* nilfs */, 0x28cd3d45 /* cramfs */,
        0x7275 /* romfs */, 0x9660 /* iso9660 */, 0x15013346 /* udf */, 0x4d44 /* fat */, 0x2011bab0 /* exfat */,
        0x7366746e /* ntfs3 */, 0x24051905 /* ubifs */, 0x72b6 /* jffs2 */, 0xf15f /* ecryptfs */,
    };
    struct statfs status;
    if (fstatfs(descriptor, &status) != 0) return 0;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if ((uint32_t)status.f_type == kinds[i]) return 1;
    return 0;
}

/// A descriptor, or -errno.
static int open_regular(int root, const char *path) {
    int found = cl_find_in_root(root, path);
    if (found < 0) return found;
    struct stat status;
    int result = fstat(found, &status) != 0 ? -errno : 0;
    if (result == 0 && !S_ISREG(status.st_mode)) result = -EINVAL;
    if (result == 0 && !is_local(found)) result = -ENOTSUP;
    if (result == 0) {
        char name[40];
        snprintf(name, sizeof name, "/proc/self/fd/%d", found);
        // O_NONBLOCK: somebody may hold a lease on it.
        result = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (result < 0) result = -errno;
    }
    close(found);
    return result;
}

static char contents[CL_READ_LIMIT];

static void read_file(int root, const char *path, const struct cl_read_request *request, struct cl_read_answer *answer) {
    int descriptor = open_regular(root, path);
    if (descriptor < 0) {
        answer->error = -descriptor;
        return;
    }
    struct stat status;
    if (fstat(descriptor, &status) != 0) {
        answer->error = errno;
    } else {
        answer->size = status.st_size;
        answer->changed_seconds = status.st_mtim.tv_sec;
        answer->changed_nanoseconds = status.st_mtim.tv_nsec;
    }
    while (answer->error == 0 && answer->length < request->length) {
        ssize_t count = pread(descriptor, contents + answer->length, request->length - answer->length,
                              request->offset + answer->length);
        if (count > 0) answer->length += (uint32_t)count;
        else if (count == 0) break;
        else if (errno != EINTR) answer->error = errno;
    }
    if (answer->error != 0) answer->length = 0;
    close(descriptor);
}

static int receive(int channel, void *buffer, size_t count) {
    for (size_t done = 0; done < count;) {
        ssize_t part = read(channel, (char *)buffer + done, count - done);
        if (part <= 0) return -1;
        done += (size_t)part;
    }
    return 0;
}

static int reply(int channel, const void *buffer, size_t count) {
    for (size_t done = 0; done < count;) {
        ssize_t part = send(channel, (const char *)buffer + done, count - done, MSG_NOSIGNAL);
        if (part <= 0) return -1;
        done += (size_t)part;
    }
    return 0;
}

static void serve(int root, const struct cl_rights *rights, int channel) {
    struct cl_read_request request;
    static char path[CL_READ_PATH_LIMIT + 1];
    int is_ready = 0, has_rights = 0;
    while (receive(channel, &request, sizeof request) == 0) {
        if (request.path_length > CL_READ_PATH_LIMIT || request.length > CL_READ_LIMIT) return;
        if (receive(channel, path, request.path_length) != 0) return;
        path[request.path_length] = 0;
        // Not before the first request: until then nobody but root can end this process, and its pidfd can be had.
        if (!is_ready) has_rights = take_on(rights) == 0;
        is_ready = 1;
        struct cl_read_answer answer = {0};
        if (has_rights) read_file(root, path, &request, &answer);
        else answer.error = EPERM;
        if (reply(channel, &answer, sizeof answer) != 0 || reply(channel, contents, answer.length) != 0) return;
    }
}

/// Closes all descriptors from `first` on.
static void close_from(int first) {
    if (syscall(436 /* close_range */, first, ~0U, 0) == 0) return;
    struct rlimit limit = {0, 0};
    getrlimit(RLIMIT_NOFILE, &limit);
    // A lowered limit does not close what is above it; nobody has that many.
    rlim_t end = limit.rlim_cur > 65536 ? 65536 : limit.rlim_cur;
    for (rlim_t descriptor = (rlim_t)first; descriptor < end; descriptor++) close((int)descriptor);
}

static void be_reader(int root, const struct cl_rights *rights, int channel) {
    // A Ctrl-C at the terminal is pyflame's; what pyflame writes to must not stay open because this one hangs.
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    setsid();
    if (chdir("/") != 0) _exit(1);
    setpriority(PRIO_PROCESS, 0, 0);
    int kept[2] = {fcntl(root, F_DUPFD, 5), fcntl(channel, F_DUPFD, 5)};
    if (kept[0] < 0 || kept[1] < 0) _exit(1);
    if (dup2(kept[0], 3) < 0 || dup2(kept[1], 4) < 0) _exit(1);
    for (int descriptor = 0; descriptor < 3; descriptor++) close(descriptor);
    close_from(5);
    serve(3, rights, 4);
    _exit(0);
}

pid_t cl_start_file_reader(int root, const struct cl_rights *rights, int *channel, int *pidfd) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return -errno;
    pid_t child = fork();
    if (child == 0) be_reader(root, rights, ends[1]);
    int error = errno;
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        return -error;
    }
    *pidfd = (int)syscall(434 /* pidfd_open */, child, 0);
    *channel = ends[0];
    return child;
}
