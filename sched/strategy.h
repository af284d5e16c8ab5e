/* SPDX-License-Identifier: ISC */
/* Every choice of a serial scheduler. A strategy decides from its own state only, so that the same one decides the same again. */
#pragma once

#include "base/random.h"

#include <stdint.h>

struct sched_thread;

struct strategy {
    /* Which of n threads that could run goes on, n > 1: 0 to n - 1, in the order in which they became ready. */
    unsigned (*pick)(struct strategy *strategy, unsigned n);
    /* For how many instructions at most, > 0. */
    int64_t (*slice)(struct strategy *strategy);
};

/* Picks at random, each thread as likely as the others, for lengths from a few hundred to a hundred thousand instructions, short ones
 * as likely as long ones. */
struct strategy_random {
    struct strategy strategy;
    struct random_stream stream;
};

void strategy_random_init(struct strategy_random *strategy, uint64_t seed);
