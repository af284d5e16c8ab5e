/* SPDX-License-Identifier: ISC */
/* The inside of struct strace, for the files strace*.c only. */
#pragma once

#include "host/thread.h"
#include "syscall/linux/strace.h"

#include <stdatomic.h>
#include <stdio.h>

enum { STRACE_NUMBERS = 512 };

struct strace {
    /* immutable */
    bool lines, count, clock, relative, duration;
    bool filtered;              /* not everything is wanted */
    bool wanted[STRACE_NUMBERS];
    FILE *out;                  /* stderr, or owned */

    struct host_mutex lock;
    int64_t last_ns;            /* guarded by lock: of the line before */

    /* atomic: sums */
    struct strace_sum {
        _Atomic uint64_t calls, errors;
        _Atomic int64_t cpu_ns;
    } sums[STRACE_NUMBERS];
};

static inline bool strace_wants(const struct strace *strace, uint64_t number) {
    return number < STRACE_NUMBERS ? strace->wanted[number] : !strace->filtered;
}
