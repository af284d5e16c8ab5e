/* SPDX-License-Identifier: ISC */
/* Partial order sampling: each event that a thread is about to do has a random priority; the highest goes on; events that race with it
 * are drawn anew. Source: Yuan, Yang, Gu, "Partial Order Aware Concurrency Sampling", CAV 2018. */
#include "sched/strategy_kinds.h"

#include <stdlib.h>

struct strategy_pos {
    struct strategy strategy;
    struct random_stream stream;
    uint64_t priority[STRATEGY_THREADS]; /* 0: to be drawn */
};

static uint64_t *slot(struct strategy_pos *pos, const struct strategy_thread *thread) {
    return &pos->priority[strategy_slot(thread->number)];
}

static unsigned best_of(struct strategy_pos *pos, const struct strategy_question *question) {
    unsigned best = 0;
    for (unsigned i = 0; i < question->n; i++) {
        uint64_t *own = slot(pos, &question->threads[i]);
        if (!*own) *own = random_next(&pos->stream) | 1;
        if (*own > *slot(pos, &question->threads[best])) best = i;
    }
    return best;
}

static uint64_t choose(struct strategy *strategy, const struct strategy_question *question) {
    struct strategy_pos *pos = CONTAINER_OF(strategy, struct strategy_pos, strategy);
    if (question->choice != STRATEGY_THREAD) return strategy_choose_other(&pos->stream, question);
    pos->priority[strategy_slot(question->running)] = 0; /* its event is over, or another one */
    const unsigned best = best_of(pos, question);
    const struct strategy_event *event = &question->threads[best].next;
    for (unsigned i = 0; i < question->n; i++) {
        if (strategy_conflict(event, &question->threads[i].next)) *slot(pos, &question->threads[i]) = 0;
    }
    *slot(pos, &question->threads[best]) = 0;
    return best;
}

struct strategy *strategy_pos_make(const struct strategy_options *options) {
    struct strategy_pos *made = calloc(1, sizeof *made);
    if (!made) return NULL;
    made->strategy = (struct strategy){.choose = choose, .points = STRATEGY_ALL_POINTS};
    made->stream.state = options->seed;
    return &made->strategy;
}
