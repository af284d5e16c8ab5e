/* SPDX-License-Identifier: ISC */
/* Every choice of a serial scheduler is one question with a number as its answer. A strategy decides from the questions and its own
 * state only, so that the same one decides the same again, and one that wraps another can log, or replay, every answer alike. */
#pragma once

#include "base/random.h"

#include <stdbool.h>
#include <stdint.h>

enum strategy_choice {
    STRATEGY_THREAD, /* which of n threads goes on: an index in threads[] */
    STRATEGY_SLICE,  /* for how many instructions at most, running alone or not; 0: only what it does without any */
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
    uint16_t size;
    uint64_t address;
};

/* Why somebody is asked for. */
enum strategy_reason {
    STRATEGY_SLICE_END, /* the running thread could go on; so it could at a decision point */
    STRATEGY_POINT,
    STRATEGY_SPIN,      /* it has been seen to loop in vain: it is not among the candidates, and there may be only one */
    STRATEGY_YIELD,     /* it says itself that it spins: so, too */
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

/* What earlier runs of the same program tell; all zero: nothing. Threads past the end count for the last. */
enum { STRATEGY_THREADS = 256 };
struct strategy_profile {
    uint64_t n_questions;    /* STRATEGY_THREAD ones of a run */
    uint64_t target;         /* an address that several threads access, one of them writing */
    uint32_t n_accesses[STRATEGY_THREADS]; /* to that, by thread; children not counted to parents */
};

struct strategy_options {
    const char *name;        /* a row of strategies.def */
    uint64_t seed;
    unsigned depth;          /* of pct: switches that the bug needs, at least 1; 0: 3 */
    const struct strategy_profile *profile; /* NULL: none; used during the call only */
};

/* Returns NULL without memory or when there is none of that name. */
struct strategy *strategy_new(const struct strategy_options *options);
void strategy_free(struct strategy *strategy);
bool strategy_exists(const char *name);
/* "random walk ...": what there is. */
const char *strategy_names(void);

/* A schedule: where the running thread changed, or was asked for. Answers of other kinds are not kept. */
struct strategy_switch {
    uint64_t retired;
    uint32_t thread;
    uint32_t reason; /* enum strategy_reason */
};

/* Passes every question on to `inner` and keeps the threads that were chosen in `out`, up to `room`; n counts all. Borrows both. */
struct strategy_log {
    struct strategy strategy;
    struct strategy *inner;
    struct strategy_switch *out;
    uint64_t n, room;
    uint64_t n_asked;        /* questions of STRATEGY_THREAD */
};
void strategy_log_init(struct strategy_log *log, struct strategy *inner, struct strategy_switch *out, uint64_t room);

/* Does what a schedule says, and says whether the run is another one: from then on it takes the first thread, always. */
struct strategy_schedule {
    struct strategy strategy;
    const struct strategy_switch *switches; /* borrowed */
    uint64_t n, next;
    bool has_diverged;
    uint64_t diverged_at;    /* retired */
};
void strategy_schedule_init(struct strategy_schedule *schedule, const struct strategy_switch *switches, uint64_t n);

/* How far each thread has got, in its own instructions since this began to be followed. */
struct strategy_progress {
    uint64_t ran[STRATEGY_THREADS];
    uint64_t retired; /* by all threads, up to where it was followed */
    uint32_t running;
};

/* A plan is a schedule in terms of the threads' own progress, so that one turn left out leaves the others where they were: when `thread` has
 * run so far, `next` goes on. Where no turn says anything threads run until they cannot go on; then the one goes on that has been ready longest. */
struct strategy_turn {
    uint32_t thread, next;
    uint64_t ran;
    bool is_forced;   /* it could not go on there, or said that it spins */
};

/* Does what a plan says as far as it can: turns that never come are left out. */
struct strategy_plan {
    struct strategy strategy;
    const struct strategy_turn *turns; /* borrowed, in the order of the run that they come from */
    bool *taken;                       /* borrowed: by turn; false at first */
    uint64_t n, began;                 /* retired when the running thread's slice began */
    struct strategy_progress progress;
};
/* taken: room for n. retired, running: where the plan begins. */
void strategy_plan_init(struct strategy_plan *plan, const struct strategy_turn *turns, bool *taken, uint64_t n, uint64_t retired, uint32_t running);

/* Passes every question on to `inner`, and keeps its answers as a plan in `out`, up to `room`; n counts all. Borrows both. */
struct strategy_plan_log {
    struct strategy strategy;
    struct strategy *inner;
    struct strategy_turn *out;
    uint64_t n, room;
    struct strategy_progress progress;
};
void strategy_plan_log_init(struct strategy_plan_log *log, struct strategy *inner, struct strategy_turn *out, uint64_t room, uint64_t retired,
                            uint32_t running);
