/* SPDX-License-Identifier: ISC */
/* Signals sent to our process arrive at the watcher, also ones that were ignored; faults and the kick do not. Without a
 * watcher they leave a note in a thread that is open to them. */
#include "host/signal.h"

#include "host/thread.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <unistd.h>

struct seen {
    _Atomic uint32_t count;
    int number, sender;
};

static void see(void *arg, const struct host_signal *signal) {
    struct seen *seen = arg;
    seen->number = signal->number;
    seen->sender = signal->sender;
    atomic_fetch_add(&seen->count, 1);
    host_futex_wake(&seen->count, 1);
}

static _Atomic int told;

static void tell(void *arg) {
    atomic_fetch_add(&told, 1);
}

static void wait_for(struct seen *seen, uint32_t count) {
    for (uint32_t now; (now = atomic_load(&seen->count)) < count;) host_futex_wait(&seen->count, now, HOST_NEVER);
}

Test(signal_watch, forwards_what_is_sent) {
    const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGWINCH, SIGALRM, SIGTSTP, SIGCONT, SIGRTMIN};
    struct seen seen = {0};
    host_signal_block_all();
    struct host_signal_watcher *watcher = host_signal_watch(see, &seen);
    cr_assert_not_null(watcher);
    for (uint32_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        kill(getpid(), numbers[i]);
        wait_for(&seen, i + 1);
        cr_expect_eq(seen.number, numbers[i]);
        cr_expect_eq(seen.sender, getpid());
    }
    host_signal_unwatch(watcher);
    cr_expect_eq(atomic_load(&seen.count), sizeof numbers / sizeof numbers[0]);
}

Test(signal_watch, ignored_signals_are_seen_and_reported) {
    struct seen seen = {0};
    uint64_t ignored, blocked;
    signal(SIGHUP, SIG_IGN);
    host_signal_catch(tell, NULL, &ignored, &blocked);
    cr_expect(ignored & 1);
    cr_expect_not(ignored & 2);
    cr_expect_not(blocked & 1);
    struct host_signal_watcher *watcher = host_signal_watch(see, &seen);
    kill(getpid(), SIGHUP);
    wait_for(&seen, 1);
    cr_expect_eq(seen.number, SIGHUP);
    host_signal_unwatch(watcher);
}

Test(signal_watch, open_thread_notes_what_is_sent) {
    struct host_signal signal;
    uint64_t ignored, blocked;
    host_signal_catch(tell, NULL, &ignored, &blocked);
    kill(getpid(), SIGTERM);
    cr_expect_eq(atomic_load(&told), 0);
    host_signal_open(true);
    cr_expect_eq(atomic_load(&told), 1);
    raise(SIGUSR1);
    cr_expect_eq(atomic_load(&told), 2);
    raise(SIGPIPE); /* the thread's own doing: not told */
    cr_expect_eq(atomic_load(&told), 2);
    host_signal_open(false);
    raise(SIGUSR2);
    cr_expect_eq(atomic_load(&told), 2);
    cr_assert(host_signal_take(&signal));
    cr_expect_eq(signal.number, SIGUSR1);
    cr_assert(host_signal_take(&signal));
    cr_expect_eq(signal.number, SIGTERM);
    cr_expect_eq(signal.sender, getpid());
    cr_expect_not(host_signal_take(&signal));
}
