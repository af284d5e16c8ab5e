/* SPDX-License-Identifier: ISC */
/* sigtimedwait(2), sigsuspend(2), tgkill(2), signal(7): which thread takes a signal, waiting for one, masks put back. */
#include "tests/guest/check.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>

static _Atomic int handled, handler_tid, ready;

static int tid(void) {
    return (int)syscall(SYS_gettid);
}

static void on_signal(int signo) {
    handler_tid = tid();
    handled++;
}

static sigset_t set_of(int signo) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signo);
    return set;
}

static void *wait_for_usr1(void *arg) {
    const sigset_t set = set_of(SIGUSR1);
    siginfo_t info;
    ready++;
    CHECK(sigwaitinfo(&set, &info) == SIGUSR1 && info.si_pid == getpid());
    return NULL;
}

static void waiting_threads(void) {
    const sigset_t set = set_of(SIGUSR1);
    pthread_t threads[3];
    CHECK(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
    for (int i = 0; i < 3; i++) CHECK(pthread_create(&threads[i], NULL, wait_for_usr1, NULL) == 0);
    while (ready < 3) sched_yield();
    for (int i = 0; i < 3; i++) CHECK(pthread_kill(threads[i], SIGUSR1) == 0);
    for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
    CHECK(handled == 0);
    ready = 0;
    CHECK(pthread_create(&threads[0], NULL, wait_for_usr1, NULL) == 0);
    CHECK(kill(getpid(), SIGUSR1) == 0);
    pthread_join(threads[0], NULL);
}

static void suspended(void) {
    const sigset_t block = set_of(SIGUSR2);
    sigset_t empty, now;
    sigemptyset(&empty);
    CHECK(sigprocmask(SIG_BLOCK, &block, NULL) == 0);
    handled = 0;
    kill(getpid(), SIGUSR2);
    CHECK_ERROR(sigsuspend(&empty), EINTR);
    CHECK(handled == 1);
    CHECK(sigprocmask(SIG_BLOCK, NULL, &now) == 0 && sigismember(&now, SIGUSR2) == 1);
    kill(getpid(), SIGUSR2);
    CHECK_ERROR(ppoll(NULL, 0, NULL, &empty), EINTR);
    CHECK(handled == 2);
    CHECK(sigprocmask(SIG_BLOCK, NULL, &now) == 0 && sigismember(&now, SIGUSR2) == 1);
    CHECK(sigprocmask(SIG_UNBLOCK, &block, NULL) == 0);
}

static _Atomic int other_tid, stop;

static void *other(void *arg) {
    other_tid = tid();
    while (!stop) sched_yield();
    return NULL;
}

/* The main thread blocks the signal, so the other one must take it. */
static void goes_to_who_wants_it(void) {
    const sigset_t block = set_of(SIGUSR2);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, other, NULL) == 0);
    while (!other_tid) sched_yield();
    CHECK(pthread_sigmask(SIG_BLOCK, &block, NULL) == 0);
    handled = 0;
    kill(getpid(), SIGUSR2);
    while (!handled) sched_yield();
    CHECK(handler_tid == other_tid);
    CHECK(pthread_sigmask(SIG_UNBLOCK, &block, NULL) == 0);
    CHECK(syscall(SYS_tgkill, getpid(), other_tid, SIGUSR2) == 0);
    while (handled < 2) sched_yield();
    CHECK(handler_tid == other_tid);
    stop = 1;
    pthread_join(thread, NULL);
    CHECK_ERROR(syscall(SYS_tgkill, getpid(), 0x3ffffff, 0), ESRCH);
    CHECK_ERROR(syscall(SYS_tgkill, getpid(), -1, 0), EINVAL);
}

int main(void) {
    struct sigaction action = {.sa_handler = on_signal};
    CHECK(sigaction(SIGUSR1, &action, NULL) == 0 && sigaction(SIGUSR2, &action, NULL) == 0);
    waiting_threads();
    suspended();
    goes_to_who_wants_it();
    puts("waiting for signals: ok");
    return 0;
}
