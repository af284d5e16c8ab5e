/* SPDX-License-Identifier: ISC */
/* A kick makes a blocking host call return early; other signals do not reach our threads. */
#include "host/thread.h"

#include "base/error.h"
#include "host/poll.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <unistd.h>

struct sleeper {
    struct host_kick kick;
    _Atomic uint32_t started, ended;
    int result;
};

static void sleep_in_poll(void *arg) {
    struct sleeper *sleeper = arg;
    host_kick_self(&sleeper->kick);
    atomic_store(&sleeper->started, 1);
    sleeper->result = host_poll(NULL, 0, HOST_NEVER);
    atomic_store(&sleeper->ended, 1);
    host_futex_wake(&sleeper->ended, 1);
}

Test(kick, ends_a_poll) {
    static struct sleeper sleeper;
    host_kick_init();
    cr_assert_eq(host_thread_start(sleep_in_poll, &sleeper), 0);
    while (!atomic_load(&sleeper.started)) host_thread_yield();
    /* The thread may not have reached the call yet: kick until it has come out of it. */
    while (!atomic_load(&sleeper.ended)) {
        host_kick_send(&sleeper.kick);
        host_thread_yield();
    }
    cr_expect_eq(sleeper.result, -EINTR);
}

static void look_at_mask(void *arg) {
    struct sleeper *sleeper = arg;
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    sleeper->result = sigismember(&mask, SIGTERM) && sigismember(&mask, SIGALRM) && sigismember(&mask, SIGRTMIN) &&
                      !sigismember(&mask, SIGURG) && !sigismember(&mask, SIGSEGV);
    atomic_store(&sleeper->ended, 1);
    host_futex_wake(&sleeper->ended, 1);
}

Test(kick, threads_block_the_others) {
    static struct sleeper sleeper;
    cr_assert_eq(host_thread_start(look_at_mask, &sleeper), 0);
    while (!atomic_load(&sleeper.ended)) host_futex_wait(&sleeper.ended, 0, HOST_NEVER);
    cr_expect(sleeper.result);
}
