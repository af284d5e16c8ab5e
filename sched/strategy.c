/* SPDX-License-Identifier: ISC */
/* Strategies by name, and the two that choose at random: for a random time, or at every decision point. */
#include "sched/strategy_kinds.h"

#include <stdlib.h>
#include <string.h>

enum { SLICE_MIN_LOG2 = 8, SLICE_MAX_LOG2 = 17 };
enum { FAULT_INTERVAL = 8 };

struct strategy_random {
    struct strategy strategy;
    struct random_stream stream;
};

static const struct {
    const char *name;
    strategy_make_fn *make;
} kinds[] = {
#define STRATEGY(name, make, help) {name, make},
#include "sched/strategies.def"
#undef STRATEGY
};

static strategy_make_fn *find(const char *name) {
    for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(kinds[i].name, name) == 0) return kinds[i].make;
    }
    return NULL;
}

bool strategy_exists(const char *name) {
    return find(name) != NULL;
}

struct strategy *strategy_new(const struct strategy_options *options) {
    strategy_make_fn *make = find(options->name);
    return make ? make(options) : NULL;
}

void strategy_free(struct strategy *strategy) {
    free(strategy);
}

const char *strategy_names(void) {
    return ""
#define STRATEGY(name, make, help) name " "
#include "sched/strategies.def"
#undef STRATEGY
        ;
}

uint64_t strategy_choose_other(struct random_stream *stream, const struct strategy_question *question) {
    if (question->choice == STRATEGY_SLICE) return STRATEGY_LONG_SLICE + random_below(stream, STRATEGY_LONG_SLICE);
    if (question->choice == STRATEGY_FAULT && random_below(stream, FAULT_INTERVAL)) return 0;
    return random_below(stream, (uint32_t)question->n);
}

static uint64_t slice(struct random_stream *stream) {
    const unsigned log2 = SLICE_MIN_LOG2 + random_below(stream, SLICE_MAX_LOG2 - SLICE_MIN_LOG2);
    return (1u << log2) + random_below(stream, 1u << log2);
}

static uint64_t choose_at_times(struct strategy *strategy, const struct strategy_question *question) {
    struct random_stream *stream = &CONTAINER_OF(strategy, struct strategy_random, strategy)->stream;
    return question->choice == STRATEGY_SLICE ? slice(stream) : strategy_choose_other(stream, question);
}

static uint64_t choose_at_points(struct strategy *strategy, const struct strategy_question *question) {
    return strategy_choose_other(&CONTAINER_OF(strategy, struct strategy_random, strategy)->stream, question);
}

static struct strategy *make(const struct strategy_options *options, struct strategy strategy) {
    struct strategy_random *made = malloc(sizeof *made);
    if (!made) return NULL;
    *made = (struct strategy_random){.strategy = strategy, .stream = {options->seed}};
    return &made->strategy;
}

struct strategy *strategy_random_make(const struct strategy_options *options) {
    return make(options, (struct strategy){.choose = choose_at_times});
}

struct strategy *strategy_walk_make(const struct strategy_options *options) {
    return make(options, (struct strategy){.choose = choose_at_points, .points = STRATEGY_ALL_POINTS});
}
