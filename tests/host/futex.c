/* SPDX-License-Identifier: ISC */
/* host_futex_wait sleeps while the word holds the value, ends at its deadline or when woken, and not before. */
#include "host/thread.h"

#include "base/error.h"
#include "host/clock.h"

#include <criterion/criterion.h>

enum { MS = 1000000 };

Test(futex, other_value_returns_at_once) {
    _Atomic uint32_t word = 1;
    cr_expect_eq(host_futex_wait(&word, 0, HOST_NEVER), 0);
}

Test(futex, deadline) {
    _Atomic uint32_t word = 0;
    const int64_t deadline = host_clock_monotonic_ns() + 20 * MS;
    while (host_futex_wait(&word, 0, deadline) == 0) {
    }
    cr_expect_geq(host_clock_monotonic_ns(), deadline);
}

Test(futex, deadline_in_the_past) {
    _Atomic uint32_t word = 0;
    cr_expect_eq(host_futex_wait(&word, 0, 0), -ETIMEDOUT);
    cr_expect_eq(host_futex_wait(&word, 0, -5), -ETIMEDOUT);
}

static void count_up(void *arg) {
    _Atomic uint32_t *words = arg;
    for (uint32_t i = 0; i < 1000; i++) {
        while (atomic_load(&words[0]) == i) host_futex_wait(&words[0], i, HOST_NEVER);
        atomic_store(&words[1], i + 1);
        host_futex_wake(&words[1], 1);
    }
}

Test(futex, ping_pong_loses_no_wake) {
    static _Atomic uint32_t words[2];
    cr_assert_eq(host_thread_start(count_up, words), 0);
    for (uint32_t i = 0; i < 1000; i++) {
        atomic_store(&words[0], i + 1);
        host_futex_wake(&words[0], 1);
        while (atomic_load(&words[1]) == i) host_futex_wait(&words[1], i, HOST_NEVER);
    }
    cr_expect_eq(atomic_load(&words[1]), 1000);
}
