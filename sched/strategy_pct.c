/* SPDX-License-Identifier: ISC */
/* Probabilistic concurrency testing: the thread with the highest priority runs; at depth - 1 random points among the expected number of
 * points the running thread falls below all that have not fallen before. Who spins falls below everybody.
 * Source: Burckhardt, Kothari, Musuvathi, Nagarakatte, ASPLOS 2010. */
#include "sched/strategy_kinds.h"

#include <stdlib.h>

enum { DEFAULT_DEPTH = 3, MAX_DEPTH = 16, DEFAULT_POINTS = 100 };
/* Priorities of threads that have not fallen are above these of the ones that have; below them are the spinners. */
#define HIGH (INT64_C(1) << 32)

struct strategy_pct {
    struct strategy strategy;
    struct random_stream stream;
    uint64_t n_points;                  /* asked so far */
    uint64_t change_at[MAX_DEPTH];      /* in terms of n_points */
    unsigned n_changes;
    int64_t lowest;                     /* priority of the last spinner, negative */
    int64_t priority[STRATEGY_THREADS]; /* 0: the thread has none yet */
};

/* A running thread that is asked about has passed one more point. */
static void pass_point(struct strategy_pct *pct, const struct strategy_question *question) {
    int64_t *own = &pct->priority[strategy_slot(question->running)];
    pct->n_points++;
    for (unsigned i = 0; i < pct->n_changes; i++) {
        if (pct->change_at[i] == pct->n_points) *own = (int64_t)(pct->n_changes - i);
    }
    if (question->reason == STRATEGY_YIELD || question->reason == STRATEGY_SPIN || question->reason == STRATEGY_SLICE_END) *own = --pct->lowest;
}

static int64_t priority_of(struct strategy_pct *pct, uint32_t thread) {
    int64_t *own = &pct->priority[strategy_slot(thread)];
    if (!*own) *own = HIGH + (int64_t)(random_next(&pct->stream) >> 32);
    return *own;
}

static uint64_t choose(struct strategy *strategy, const struct strategy_question *question) {
    struct strategy_pct *pct = CONTAINER_OF(strategy, struct strategy_pct, strategy);
    if (question->choice != STRATEGY_THREAD) return strategy_choose_other(&pct->stream, question);
    unsigned best = 0;
    pass_point(pct, question);
    for (unsigned i = 1; i < question->n; i++) {
        if (priority_of(pct, question->threads[i].number) > priority_of(pct, question->threads[best].number)) best = i;
    }
    return best;
}

struct strategy *strategy_pct_make(const struct strategy_options *options) {
    struct strategy_pct *made = calloc(1, sizeof *made);
    if (!made) return NULL;
    const uint64_t expected = options->profile ? options->profile->n_questions : 0;
    const unsigned depth = options->depth ? options->depth : DEFAULT_DEPTH;
    made->strategy = (struct strategy){.choose = choose, .points = STRATEGY_ALL_POINTS};
    made->stream.state = options->seed;
    made->n_changes = (depth < MAX_DEPTH ? depth : MAX_DEPTH) - 1;
    for (unsigned i = 0; i < made->n_changes; i++) {
        made->change_at[i] = 1 + random_below(&made->stream, (uint32_t)(expected ? expected : DEFAULT_POINTS));
    }
    return &made->strategy;
}
