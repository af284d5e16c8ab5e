/* SPDX-License-Identifier: ISC */
/* Takes host signals synchronously: blocked everywhere, fetched by one thread in sigwaitinfo(2). */
#include "host/signal.h"
#include "host/os.h"

#include "host/posix/signal_set.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#define WAKE_SIGNAL SIGUSR1

struct host_signal_watcher {
    /* immutable after start */
    void (*fn)(void *arg, const struct host_signal *signal);
    void *arg;
    pthread_t thread;
    atomic_bool stop; /* atomic: set before the wake signal is sent */
};

void host_signal_block_all(void) {
    sigset_t blocked;
    host_signal_set_blocked(&blocked);
    pthread_sigmask(SIG_SETMASK, &blocked, NULL);
}

void os_signal_inherited(uint64_t *ignored, uint64_t *blocked) {
    sigset_t mask;
    *ignored = *blocked = 0;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    for (int number = 1; number < NSIG; number++) {
        struct sigaction action;
        if (sigismember(&mask, number) == 1) host_signal_add_bit(blocked, number);
        if (sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN) host_signal_add_bit(ignored, number);
    }
}

static void awaited(sigset_t *out) {
    host_signal_set_blocked(out);
    sigdelset(out, SIGCHLD);
}

static void *watch(void *arg) {
    struct host_signal_watcher *watcher = arg;
    sigset_t set;
    awaited(&set);
    for (;;) {
        siginfo_t info;
        const int number = sigwaitinfo(&set, &info);
        if (atomic_load(&watcher->stop)) return NULL;
        if (number <= 0) continue;
        const bool from_process = info.si_code == SI_USER || info.si_code == SI_QUEUE;
        const struct host_signal signal = {host_signal_to_linux(number), from_process ? info.si_pid : 0};
        if (signal.number) watcher->fn(watcher->arg, &signal);
    }
}

struct host_signal_watcher *host_signal_watch(void (*fn)(void *arg, const struct host_signal *signal), void *arg) {
    struct host_signal_watcher *watcher = malloc(sizeof *watcher);
    pthread_attr_t attr;
    if (!watcher) return NULL;
    watcher->fn = fn;
    watcher->arg = arg;
    atomic_init(&watcher->stop, false);
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, 256 * 1024);
    const int code = pthread_create(&watcher->thread, &attr, watch, watcher);
    pthread_attr_destroy(&attr);
    if (code == 0) return watcher;
    free(watcher);
    return NULL;
}

void host_signal_unwatch(struct host_signal_watcher *watcher) {
    atomic_store(&watcher->stop, true);
    pthread_kill(watcher->thread, WAKE_SIGNAL);
    pthread_join(watcher->thread, NULL);
    free(watcher);
}

void os_signal_stop_self(void) {
    raise(SIGSTOP);
}
