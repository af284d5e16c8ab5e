/* SPDX-License-Identifier: ISC */
/* The random walk. */
#include "sched/strategy.h"

#include "base/list.h"

enum { SLICE_MIN_LOG2 = 8, SLICE_MAX_LOG2 = 17 };
/* One call in so many ends oddly when it may. */
enum { FAULT_INTERVAL = 8 };

static uint64_t slice(struct random_stream *stream) {
    const unsigned log2 = SLICE_MIN_LOG2 + random_below(stream, SLICE_MAX_LOG2 - SLICE_MIN_LOG2);
    return (1u << log2) + random_below(stream, 1u << log2) - 1;
}

static uint64_t choose(struct strategy *strategy, const struct strategy_question *question) {
    struct random_stream *stream = &CONTAINER_OF(strategy, struct strategy_random, strategy)->stream;
    switch (question->choice) {
    case STRATEGY_SLICE: return slice(stream);
    case STRATEGY_FAULT:
        if (random_below(stream, FAULT_INTERVAL)) return 0;
        break;
    default: break;
    }
    return random_below(stream, (uint32_t)question->n);
}

void strategy_random_init(struct strategy_random *strategy, uint64_t seed) {
    *strategy = (struct strategy_random){.strategy = {.choose = choose}, .stream = {seed}};
}
