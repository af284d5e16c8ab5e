/* SPDX-License-Identifier: ISC */
/* A small seeded generator for tests (xorshift64*): the same seed gives the same test everywhere. */
#pragma once

#include <stdint.h>

struct rng {
    uint64_t x;
};

static inline void rng_init(struct rng *rng, uint64_t seed) {
    rng->x = seed * 0x9e3779b97f4a7c15ull + 0x1234567ull;
    if (!rng->x) rng->x = 1;
}

static inline uint64_t rng_next(struct rng *rng) {
    rng->x ^= rng->x >> 12;
    rng->x ^= rng->x << 25;
    rng->x ^= rng->x >> 27;
    return rng->x * 0x2545f4914f6cdd1dull;
}

static inline uint64_t rng_below(struct rng *rng, uint64_t n) {
    return (rng_next(rng) >> 16) % n;
}
