/* SPDX-License-Identifier: ISC */
/* Notes of signals that arrive in a thread that has work of its own (host/signal.h). All that the handler writes is atomic. */
#include "host/signal.h"

#include "host/posix/signal_set.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum { SIGNALS = 64 };

/* A handler has no other place to look. notify and its argument are written before the handler is installed. */
static struct {
    void (*notify)(void *arg);
    void *arg;
    _Atomic uint64_t noted; /* atomic: bit n - 1: signal n came, its sender is in place */
    _Atomic int sender[SIGNALS];
} catcher;

/* What the thread's own call has caused, which returns an error as well. */
static bool is_own_doing(int host_number, const siginfo_t *info) {
    return (host_number == SIGPIPE || host_number == SIGXFSZ) && info->si_pid == getpid();
}

static void note(int host_number, siginfo_t *info, void *context) {
    const int error = errno, number = host_signal_to_linux(host_number);
    if (number < 1 || number > SIGNALS || is_own_doing(host_number, info)) return;
    const bool from_process = info->si_code == SI_USER || info->si_code == SI_QUEUE;
    atomic_store(&catcher.sender[number - 1], from_process ? info->si_pid : 0);
    atomic_fetch_or(&catcher.noted, 1ull << (number - 1));
    catcher.notify(catcher.arg);
    errno = error;
}

static void caught(sigset_t *out) {
    host_signal_set_blocked(out);
    sigdelset(out, SIGCHLD);
}

/* The kick that notify may send has to find what was interrupted, not the handler. */
static struct sigaction action_of(const sigset_t *set) {
    struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO | SA_ONSTACK, .sa_mask = *set};
    sigaddset(&action.sa_mask, HOST_KICK_SIGNAL);
    return action;
}

void host_signal_catch(void (*notify)(void *arg), void *arg, uint64_t *ignored, uint64_t *blocked) {
    sigset_t all, mask, set;
    host_signal_set_blocked(&all);
    caught(&set);
    *ignored = *blocked = 0;
    catcher.notify = notify;
    catcher.arg = arg;
    const struct sigaction action = action_of(&set);
    pthread_sigmask(SIG_SETMASK, &all, &mask);
    for (int number = 1; number < NSIG; number++) {
        struct sigaction before;
        if (sigismember(&mask, number) == 1) host_signal_add_bit(blocked, number);
        const int err = sigaction(number, sigismember(&set, number) == 1 ? &action : NULL, &before);
        if (err == 0 && before.sa_handler == SIG_IGN) host_signal_add_bit(ignored, number);
    }
}

void host_signal_open(bool open) {
    sigset_t set;
    caught(&set);
    pthread_sigmask(open ? SIG_UNBLOCK : SIG_BLOCK, &set, NULL);
}

bool host_signal_take(struct host_signal *out) {
    const uint64_t noted = atomic_load(&catcher.noted);
    if (!noted) return false;
    const int index = __builtin_ctzll(noted);
    *out = (struct host_signal){.number = index + 1, .sender = atomic_load(&catcher.sender[index])};
    atomic_fetch_and(&catcher.noted, ~(1ull << index));
    return true;
}
