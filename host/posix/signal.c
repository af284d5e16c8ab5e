/* SPDX-License-Identifier: ISC */
/* Takes host signals synchronously: blocked everywhere, fetched by one thread in sigwaitinfo(2). */
#include "host/posix/signal_watcher.h"
#include "host/os.h"

#include "host/clock.h"
#include "host/posix/signal_set.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAKE_SIGNAL SIGUSR1
#define TWICE_NS 200000000

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

/* Sent by the terminal's keys or size to every process of its foreground group: the other process has it, too. */
static bool reaches_group(int number, pid_t sender) {
    return sender == 0 && (number == SIGINT || number == SIGQUIT || number == SIGTSTP || number == SIGWINCH);
}

/* What is sent to the whole group comes directly and by the front. Returns whether the other way was faster. */
static bool came_already(struct host_signal_watcher *watcher, int number, bool from_front) {
    const int64_t now = host_clock_monotonic_ns();
    const bool twice = watcher->last.number == number && watcher->last.from_front != from_front && now - watcher->last.at_ns < TWICE_NS;
    watcher->last.number = twice ? 0 : number;
    watcher->last.from_front = from_front;
    watcher->last.at_ns = now;
    return twice;
}

static void give(struct host_signal_watcher *watcher, int number, pid_t sender) {
    struct host_signal signal = {.number = host_signal_to_linux(number), .sender = sender};
    if (watcher->front && sender) {
        const bool from_front = sender == watcher->front;
        const bool again = came_already(watcher, number, from_front);
        if (from_front && again) return;
        if (!from_front) signal.reach = again ? HOST_SIGNAL_REST : HOST_SIGNAL_GROUP;
    }
    if (signal.number) watcher->fn(watcher->arg, &signal);
}

static void take(struct host_signal_watcher *watcher, int number, pid_t sender) {
    host_mutex_lock(&watcher->lock);
    if (!watcher->passes_to) give(watcher, number, sender);
    else if (!reaches_group(number, sender) && sender != watcher->passes_to) kill(watcher->passes_to, number);
    host_mutex_unlock(&watcher->lock);
}

/* The front is gone without having let us go. */
static void look_at_link(struct host_signal_watcher *watcher) {
    char byte;
    host_mutex_lock(&watcher->lock);
    const int link = watcher->link ? atomic_load(watcher->link) : -1;
    if (link >= 0 && recv(link, &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0) kill(getpid(), SIGKILL);
    host_mutex_unlock(&watcher->lock);
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
        if (number == SIGIO && !from_process) look_at_link(watcher);
        else take(watcher, number, from_process ? info.si_pid : 0);
    }
}

bool host_signal_watcher_start(struct host_signal_watcher *watcher) {
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, 256 * 1024);
    const int code = pthread_create(&watcher->thread, &attr, watch, watcher);
    pthread_attr_destroy(&attr);
    return code == 0;
}

struct host_signal_watcher *host_signal_watch(void (*fn)(void *arg, const struct host_signal *signal), void *arg) {
    struct host_signal_watcher *watcher = calloc(1, sizeof *watcher);
    if (!watcher) return NULL;
    watcher->fn = fn;
    watcher->arg = arg;
    atomic_init(&watcher->stop, false);
    host_mutex_init(&watcher->lock);
    if (host_signal_watcher_start(watcher)) return watcher;
    host_mutex_fini(&watcher->lock);
    free(watcher);
    return NULL;
}

void host_signal_unwatch(struct host_signal_watcher *watcher) {
    atomic_store(&watcher->stop, true);
    pthread_kill(watcher->thread, WAKE_SIGNAL);
    pthread_join(watcher->thread, NULL);
    host_mutex_fini(&watcher->lock);
    free(watcher);
}

void os_signal_stop_self(void) {
    raise(SIGSTOP);
}
