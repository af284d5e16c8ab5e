/* SPDX-License-Identifier: ISC */
/* What strategies are made of. Private to sched/strategy_*.c. */
#pragma once

#include "sched/strategy.h"

#include "base/list.h"

/* Points of those that decide at every event of interest. */
#define STRATEGY_ALL_POINTS (1u << STRATEGY_CALL | 1u << STRATEGY_ACCESS)
/* What such a one gives for a slice, at least, and at most twice: threads that loop without an event have to end some time, and not always
 * at the same place of the loop. */
#define STRATEGY_LONG_SLICE UINT64_C(50000)

/* Each returns a strategy made by malloc, its first field the struct strategy, or NULL. */
typedef struct strategy *strategy_make_fn(const struct strategy_options *options);
strategy_make_fn strategy_random_make, strategy_walk_make, strategy_pct_make, strategy_pos_make, strategy_surw_make;

/* What is not a choice of threads, at random; one call in eight ends oddly when it may. */
uint64_t strategy_choose_other(struct random_stream *stream, const struct strategy_question *question);

static inline unsigned strategy_slot(uint32_t thread) {
    return thread < STRATEGY_THREADS ? thread : STRATEGY_THREADS - 1;
}

/* The index of the running thread among the candidates, or n. */
static inline unsigned strategy_running(const struct strategy_question *question) {
    unsigned i = 0;
    while (i < question->n && question->threads[i].number != question->running) i++;
    return i;
}

static inline bool strategy_conflict(const struct strategy_event *a, const struct strategy_event *b) {
    if (a->kind != b->kind || a->kind == STRATEGY_RUN) return false;
    if (a->kind == STRATEGY_CALL) return a->address == b->address;
    return (a->write || b->write) && a->address < b->address + b->size && b->address < a->address + a->size;
}
