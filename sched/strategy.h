/* SPDX-License-Identifier: ISC */
/* Every choice of a serial scheduler is one question with a number as its answer. A strategy decides from the questions and its own
 * state only, so that the same one decides the same again, and one that wraps another can log, or replay, every answer alike. */
#pragma once

#include "base/random.h"

#include <stdbool.h>
#include <stdint.h>

enum strategy_choice {
    STRATEGY_THREAD, /* which of n > 1 threads goes on: an index in threads[] */
    STRATEGY_SLICE,  /* for how many instructions at most, less one, running alone or not */
    STRATEGY_WAITER, /* which of n > 1 alike waiters is woken, 0: the one that waits longest */
    STRATEGY_FAULT,  /* how a call ends: 0 as ever; below n: the odd ends that the caller knows of */
};

/* What a thread is about to do. */
enum strategy_event_kind {
    STRATEGY_RUN,    /* not known: it goes on where its slice ended, or begins */
    STRATEGY_CALL,   /* a system call that others may notice, of the number `address` */
    STRATEGY_ACCESS, /* an access to memory that others share */
};

struct strategy_event {
    enum strategy_event_kind kind;
    bool write;
    uint8_t size;
    uint64_t address;
};

/* Why somebody is asked for. */
enum strategy_reason {
    STRATEGY_SLICE_END, /* the running thread could go on; so it could at a decision point */
    STRATEGY_POINT,
    STRATEGY_YIELD,     /* it spins: it is not among the candidates */
    STRATEGY_SLEEP,     /* it cannot go on */
    STRATEGY_EXIT,
};

struct strategy_thread {
    uint32_t number; /* 0, 1, ... in the order in which the machine's threads began */
    struct strategy_event next;
};

struct strategy_question {
    enum strategy_choice choice;
    uint64_t n;          /* the answer is below it */
    uint64_t retired;    /* instructions of all threads together: when it is asked */
    uint32_t running;    /* number of the thread that runs, or did */
    enum strategy_reason reason;           /* of STRATEGY_THREAD */
    const struct strategy_thread *threads; /* of STRATEGY_THREAD, in the order in which they became ready; borrowed for the call */
};

struct strategy {
    uint64_t (*choose)(struct strategy *strategy, const struct strategy_question *question);
    /* Bits 1 << enum strategy_event_kind: before these the running thread may be changed (STRATEGY_POINT). */
    unsigned points;
};

/* Picks at random, each thread as likely as the others, for lengths from a few hundred to a hundred thousand instructions, short ones
 * as likely as long ones. */
struct strategy_random {
    struct strategy strategy;
    struct random_stream stream;
};

void strategy_random_init(struct strategy_random *strategy, uint64_t seed);
