/* SPDX-License-Identifier: ISC */
/* Selectively uniform random walk: of the events of interest, here the accesses to one place, every order is about as likely: the thread
 * of the next one is drawn by how many each still has to do. Other events are walked at random; a thread before an event of interest
 * waits until it is drawn. Without a profile it is a random walk.
 * Source: Zhao, Zhang, Yuan, "Selectively Uniform Concurrency Testing", ASPLOS 2025. */
#include "sched/strategy_kinds.h"

#include <stdlib.h>
#include <string.h>

#define NOBODY UINT32_MAX

struct strategy_surw {
    struct strategy strategy;
    struct random_stream stream;
    uint64_t target;                  /* 0: none */
    uint32_t left[STRATEGY_THREADS];
    uint32_t drawn;                   /* thread number, or NOBODY */
};

static bool is_of_interest(const struct strategy_surw *surw, const struct strategy_event *event) {
    return surw->target && event->kind == STRATEGY_ACCESS && event->address <= surw->target && surw->target < event->address + event->size;
}

/* Every candidate counts for one more than is known, so that nobody is left out for ever. */
static void draw(struct strategy_surw *surw, const struct strategy_question *question) {
    uint64_t sum = 0;
    for (unsigned i = 0; i < question->n; i++) sum += surw->left[strategy_slot(question->threads[i].number)] + 1;
    uint64_t at = random_next(&surw->stream) % sum;
    for (unsigned i = 0; i < question->n; i++) {
        const uint64_t own = surw->left[strategy_slot(question->threads[i].number)] + 1;
        surw->drawn = question->threads[i].number;
        if (at < own) return;
        at -= own;
    }
}

/* Any of those that are not before an event of interest, or the drawn one; when there is none, whoever: the drawn one sleeps. */
static unsigned pick(struct strategy_surw *surw, const struct strategy_question *question) {
    unsigned n = 0, chosen = random_below(&surw->stream, (uint32_t)question->n);
    for (unsigned i = 0; i < question->n; i++) {
        const struct strategy_thread *thread = &question->threads[i];
        if (is_of_interest(surw, &thread->next) && thread->number != surw->drawn) continue;
        if (random_below(&surw->stream, ++n) == 0) chosen = i;
    }
    return chosen;
}

static uint64_t choose(struct strategy *strategy, const struct strategy_question *question) {
    struct strategy_surw *surw = CONTAINER_OF(strategy, struct strategy_surw, strategy);
    if (question->choice != STRATEGY_THREAD) return strategy_choose_other(&surw->stream, question);
    if (surw->drawn == NOBODY) draw(surw, question);
    const unsigned i = pick(surw, question);
    const struct strategy_thread *thread = &question->threads[i];
    if (!is_of_interest(surw, &thread->next)) return i;
    uint32_t *left = &surw->left[strategy_slot(thread->number)];
    if (*left) --*left;
    surw->drawn = NOBODY;
    return i;
}

struct strategy *strategy_surw_make(const struct strategy_options *options) {
    struct strategy_surw *made = calloc(1, sizeof *made);
    if (!made) return NULL;
    made->strategy = (struct strategy){.choose = choose, .points = STRATEGY_ALL_POINTS};
    made->stream.state = options->seed;
    made->drawn = NOBODY;
    if (!options->profile) return &made->strategy;
    made->target = options->profile->target;
    memcpy(made->left, options->profile->n_accesses, sizeof made->left);
    return &made->strategy;
}
