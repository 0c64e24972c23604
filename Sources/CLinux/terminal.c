#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int guarded_descriptor = -1;
static struct termios guarded_state;
static char guarded_sequence[64];
static volatile sig_atomic_t is_guarded;

void cl_terminal_restore(void) {
    if (!is_guarded) return;
    is_guarded = 0;
    int error = errno;
    size_t sent = 0, length = strlen(guarded_sequence);
    // The descriptor does not wait: a terminal that is busy gets a moment.
    for (int attempt = 0; sent < length && attempt < 20; attempt++) {
        ssize_t count = write(guarded_descriptor, guarded_sequence + sent, length - sent);
        if (count > 0) {
            sent += (size_t)count;
        } else {
            struct pollfd wait = {guarded_descriptor, POLLOUT, 0};
            poll(&wait, 1, 50);
        }
    }
    tcsetattr(guarded_descriptor, TCSANOW, &guarded_state);
    errno = error;
}

static struct sigaction former[NSIG];

static void restore_and_die(int signal_number, siginfo_t *info, void *context) {
    (void)context;
    cl_terminal_restore();
    int is_fault = signal_number == SIGSEGV || signal_number == SIGBUS || signal_number == SIGFPE ||
                   signal_number == SIGILL || signal_number == SIGTRAP || signal_number == SIGSYS;
    // Timers and the terminal send with a code above 0, too (SI_KERNEL), and do not send again.
    if (is_fault && info->si_code > 0) {
        // A fault of our own: on return it happens again, and does what it would have done (Swift's runtime
        // may print a backtrace).
        sigaction(signal_number, &former[signal_number], NULL);
        return;
    }
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

void cl_terminal_guard(int descriptor, const struct termios *state, const char *sequence) {
    static int is_registered;
    guarded_descriptor = descriptor;
    guarded_state = *state;
    strncpy(guarded_sequence, sequence, sizeof guarded_sequence - 1);
    is_guarded = 1;
    if (is_registered) return;
    is_registered = 1;
    atexit(cl_terminal_restore);
    // Every signal that ends a process, but for those that sampling takes itself (and SIGKILL).
    static const int signals[] = {SIGQUIT, SIGILL,  SIGTRAP, SIGABRT,   SIGBUS,  SIGFPE,  SIGSEGV, SIGUSR1,
                                  SIGUSR2, SIGALRM, SIGXCPU, SIGXFSZ,   SIGSYS,  SIGPIPE, SIGPROF, SIGVTALRM,
                                  SIGIO,   SIGPWR,  SIGINT,  SIGTERM,   SIGHUP};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct sigaction *old = &former[signals[i]];
        if (sigaction(signals[i], NULL, old) != 0 || old->sa_handler == SIG_IGN) continue;
        struct sigaction action = {0};
        action.sa_sigaction = restore_and_die;
        // On a stack of its own, if there is one: a fault may be of the stack.
        action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
        sigaction(signals[i], &action, NULL);
    }
}

static void nothing(int signal_number) { (void)signal_number; }

void cl_hear_resizes(void) {
    struct sigaction action = {0};
    action.sa_handler = nothing;
    sigaction(SIGWINCH, &action, NULL);
}
