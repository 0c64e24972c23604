// The system calls that Swift cannot import: variadic ones (ptrace, prctl), GNU extensions
// (process_vm_readv) and macros. Each wrapper returns its result, or -errno. Only Sources/System imports this.
#ifndef PYFLAME_CLINUX_H
#define PYFLAME_CLINUX_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <termios.h>

// ---- Counting ----

extern _Thread_local long cl_calls_made;
/// How many system calls the calling thread has made, as far as they were counted.
static inline long cl_calls(void) { return cl_calls_made; }
static inline void cl_count_calls(long count) { cl_calls_made += count; }
#include "FileReader.h"
#include "Identity.h"

// ---- Another process's memory ----

/// process_vm_readv: bytes read, or -errno. `local` and `remote` hold at most 1024 entries each.
ssize_t cl_process_vm_readv(pid_t pid, const struct iovec *local, size_t local_count,
                            const struct iovec *remote, size_t remote_count);

// ---- ptrace ----

int cl_ptrace_seize(pid_t tid, uint32_t options);
int cl_ptrace_interrupt(pid_t tid);
int cl_ptrace_cont(pid_t tid, int signal);
int cl_ptrace_listen(pid_t tid);
int cl_ptrace_set_options(pid_t tid, uint32_t options);
int cl_ptrace_detach(pid_t tid, int signal);
/// The message of the last ptrace event (a new pid, an exit status).
int cl_ptrace_event_message(pid_t tid, unsigned long *message);
/// A word of `struct user` (sys/user.h) of a stopped thread.
int cl_ptrace_peek_user(pid_t tid, long offset, long *word);
int cl_ptrace_poke_user(pid_t tid, long offset, long word);
/// The registers of kind `set` (NT_* in elf.h) of a stopped thread, at most `size` bytes.
int cl_ptrace_registers(pid_t tid, int set, void *buffer, size_t size);

// ---- Waiting ----

/// waitpid with __WALL and WNOHANG: the tid that changed, 0 when none did, or -errno.
pid_t cl_wait(pid_t tid, int *status);

/// What is used of a siginfo_t.
struct cl_signal { int code; pid_t sender; int status; };
/// sigtimedwait: the signal, or -errno. Bit n - 1 of `signals` stands for signal n; a negative time (nanoseconds) is no limit.
int cl_take_signal(uint64_t signals, int64_t nanoseconds, struct cl_signal *info);

/// Tells the processor that this is a spin loop.
static inline void cl_spin_hint(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

// ---- Processes ----

/// Forks a child that will run `argv` (looked up in PATH) with the signal mask `mask`, but first waits
/// for a byte on `*release`. If it cannot run it, it writes errno (an int) to `*failure` and exits
/// with 127. The child's pid, or -errno.
pid_t cl_spawn_waiting(char *const argv[], const sigset_t *mask, int *release, int *failure);
/// The capabilities in effect of this process (bits as in linux/capability.h).
uint64_t cl_effective_capabilities(void);

// ---- Threads and processors ----

/// How often the calling thread was switched out, of itself or not; -1 when the kernel does not tell.
long cl_thread_switches(void);
/// The processors that `tid` (0: the caller) may use, one bit each; the number of words that are of use, or
/// -errno.
int cl_get_processors(pid_t tid, uint64_t *mask, size_t words);
/// 0 or -errno.
int cl_set_processors(pid_t tid, const uint64_t *mask, size_t words);
/// The part of struct sched_attr (linux/sched/types.h) that is used.
struct cl_scheduling { int policy; int nice; uint32_t priority; uint64_t flags, runtime; };
/// sched_getattr and sched_setattr of the calling thread: 0 or -errno.
int cl_get_scheduling(struct cl_scheduling *attributes);
int cl_set_scheduling(const struct cl_scheduling *attributes);
/// sched_getscheduler: SCHED_* in sched.h, or -errno.
int cl_scheduling_policy(pid_t tid);
/// A timer on the monotonic clock that sends `signal` to the calling thread: its number, or -errno.
int cl_timer_create(int signal);
/// Lets it go off at `moment` (nanoseconds), once: 0 or -errno.
int cl_timer_set(int timer, uint64_t moment);
void cl_timer_delete(int timer);
/// How much later than asked for the calling thread may be woken.
void cl_set_timer_slack(unsigned long nanoseconds);
/// Takes the program's and its libraries' code out of this process's resident memory; what is used again comes back, from
/// the page cache, when it is.
void cl_release_code(void);

// ---- What the kernel tells of processes (its connector, linux/cn_proc.h) ----

enum { CL_PROCESS_OTHER, CL_PROCESS_BORN, CL_PROCESS_EXECUTED, CL_PROCESS_ENDED };
/// `parent` is of a birth; `time` is on the monotonic clock, in nanoseconds.
struct cl_process_event { int kind; pid_t pid; pid_t parent; uint64_t time; };
/// A descriptor from which the births, programs and ends of all processes can be read, or -errno where
/// the kernel does not tell (EPERM, and EAGAIN in a PID namespace).
int cl_process_events_open(void);
/// The next events, at most `count` and 32: how many; 0 when there are none now; -ENOBUFS when some were
/// lost.
int cl_process_events_read(int descriptor, struct cl_process_event *events, int count);

// ---- Files of another process ----

/// Finds a file as a process sees it, but does not open it (O_PATH): a device or a pipe must not notice.
/// `path` is resolved below `root` (the process's root, an open folder), links included. A descriptor, or -errno.
int cl_find_in_root(int root, const char *path);

// ---- The terminal ----

/// From now on the terminal gets `sequence` (at most 63 bytes) and `state` back however the process ends, but for
/// SIGKILL: at exit, and by a handler for every signal that ends a process and has its default effect.
void cl_terminal_guard(int descriptor, const struct termios *state, const char *sequence);
/// Gives them back now; once.
void cl_terminal_restore(void);
/// Lets SIGWINCH end a wait, and do nothing else.
void cl_hear_resizes(void);

// ---- Options ----

/// One long option; `short_name` is what cl_getopt_next returns for it.
struct cl_option { const char *name; int takes_value; int short_name; };

/// Starts reading `argv` anew (glibc's getopt_long behind it, which permutes arguments).
void cl_getopt_reset(void);
/// The next option's short name, -1 at the end, '?' for an unknown option or a missing value.
int cl_getopt_next(int argc, char *const argv[], const char *short_options,
                   const struct cl_option *long_options, size_t count);
const char *cl_getopt_value(void);
int cl_getopt_index(void);

#endif
