/* SPDX-License-Identifier: ISC */
/* The random walk. */
#include "sched/strategy.h"

#include "base/list.h"

enum { SLICE_MIN_LOG2 = 8, SLICE_MAX_LOG2 = 17 };

static struct random_stream *stream_of(struct strategy *strategy) {
    return &CONTAINER_OF(strategy, struct strategy_random, strategy)->stream;
}

static unsigned pick(struct strategy *strategy, unsigned n) {
    return random_below(stream_of(strategy), n);
}

static int64_t slice(struct strategy *strategy) {
    struct random_stream *stream = stream_of(strategy);
    const unsigned log2 = SLICE_MIN_LOG2 + random_below(stream, SLICE_MAX_LOG2 - SLICE_MIN_LOG2);
    return (int64_t)(1u << log2) + random_below(stream, 1u << log2);
}

void strategy_random_init(struct strategy_random *strategy, uint64_t seed) {
    *strategy = (struct strategy_random){.strategy = {pick, slice}, .stream = {seed}};
}
