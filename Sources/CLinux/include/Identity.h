// Processes by descriptors rather than by numbers, which are used again.
#ifndef PYFLAME_IDENTITY_H
#define PYFLAME_IDENTITY_H

#include <stdint.h>
#include <sys/types.h>

/// pidfd_open(2): a descriptor that stands for the process, or -errno (ENOSYS before Linux 5.3).
int cl_pidfd_open(pid_t pid);
/// pidfd_send_signal(2): 0 or -errno.
int cl_pidfd_send_signal(int pidfd, int signal);
/// Whether the process of a pidfd has ended, all its threads: 1, 0 or -errno. One system call.
int cl_pidfd_has_ended(int pidfd);
/// A process or thread below `tid` (-1: any) that has ended and that this thread has not waited for yet; it stays so. 0 when
/// there is none, or -errno.
pid_t cl_wait_peek_end(pid_t tid);

/// The number of the mount that an open file or folder is on, which no other mount has: 0 or -errno.
int cl_mount_of(int descriptor, uint64_t *mount);

#endif
