// A child process that reads files with the rights of another process's user, and nothing else.
#ifndef PYFLAME_FILE_READER_H
#define PYFLAME_FILE_READER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// What the reader may do: what /proc/PID/status says of the process that it reads for.
struct cl_rights {
    uid_t user;
    gid_t group;
    const gid_t *groups;
    size_t group_count;
    /// The reader keeps no others than these (bits as in linux/capability.h), and of these only CAP_DAC_OVERRIDE and
    /// CAP_DAC_READ_SEARCH.
    uint64_t capabilities;
};

enum { CL_READ_LIMIT = 1 << 20, CL_READ_PATH_LIMIT = 4095 };

/// Asks for `length` bytes (at most CL_READ_LIMIT) from `offset` on of the file at the path that follows, without a 0.
struct cl_read_request { int64_t offset; uint32_t length; uint32_t path_length; };

/// `error` is an errno, or 0: then `length` bytes follow. EINVAL: no regular file. ENOTSUP: it lies on a file system that
/// is not one of this machine's own disks or memory. EPERM: the rights could not be taken on.
struct cl_read_answer {
    int32_t error;
    uint32_t length;
    int64_t size, changed_seconds, changed_nanoseconds;
};

/// Forks the reader. `root` is an open folder: paths are resolved below it, links included. The reader takes on `rights`,
/// keeps no other descriptor than `*channel`'s other end and `root`, and then answers requests until the channel is
/// closed. The pid, or -errno; `*pidfd` is -1 where the kernel has none.
pid_t cl_start_file_reader(int root, const struct cl_rights *rights, int *channel, int *pidfd);

#endif
