/* SPDX-License-Identifier: ISC */
/* Sleeping on a word by futex(2). FUTEX_WAIT_BITSET takes its deadline absolute and on CLOCK_MONOTONIC, which is
 * host_futex_wait's contract as it stands. */
#include "host/thread.h"

#include "base/error.h"
#include "host/posix/error.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int host_futex_wait(_Atomic uint32_t *word, uint32_t expect, int64_t deadline_ns) {
    struct timespec at = {.tv_sec = 0};
    if (deadline_ns > 0) {
        at.tv_sec = deadline_ns / 1000000000;
        at.tv_nsec = deadline_ns % 1000000000;
    }
    const struct timespec *limit = deadline_ns == HOST_NEVER ? NULL : &at;
    const long r = syscall(SYS_futex, word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, expect, limit, NULL,
                           FUTEX_BITSET_MATCH_ANY);
    return r < 0 && host_error_last() == -ETIMEDOUT ? -ETIMEDOUT : 0;
}

void host_futex_wake(_Atomic uint32_t *word, int n) {
    syscall(SYS_futex, word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, n, NULL, NULL, 0);
}
