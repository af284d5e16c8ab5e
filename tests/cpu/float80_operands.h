/* SPDX-License-Identifier: ISC */
/* Random 80-bit operands that visit every class and the borders between them. */
#pragma once

#include "cpu/state.h"
#include "tests/support/rng.h"

#include <stdlib.h>

/* How many operands a test tries: LOCKSTEP_SWEEP if set (ctest label "long"), else usual. */
static inline long sweep_count(long usual) {
    const char *sweep = getenv("LOCKSTEP_SWEEP");
    return sweep ? atol(sweep) : usual;
}

/* Dense, sparse, nearly all ones or nearly all zeros. */
static inline uint64_t random_mantissa(struct rng *rng) {
    const uint64_t x = rng_next(rng), top = 1ull << 63;
    const unsigned n = (unsigned)rng_below(rng, 64);
    switch (rng_below(rng, 10)) {
    case 0:
        return top;
    case 1:
        return ~0ull;
    case 2:
        return top | 1ull << n;
    case 3:
        return ~0ull << n;
    case 4:
        return top | (~0ull >> n);
    case 5:
        return top | (x & (~0ull << n));
    case 6:
        return ~(1ull << n);
    default:
        return top | x;
    }
}

static inline unsigned random_exp(struct rng *rng) {
    switch (rng_below(rng, 8)) {
    case 0:
        return (unsigned)rng_below(rng, 3);
    case 1:
        return 0x7ffe - (unsigned)rng_below(rng, 3);
    case 2:
        return (unsigned)rng_below(rng, 0x8000);
    case 3:
        return 0x3fff + (unsigned)rng_below(rng, 2048) - 1024; /* the range of binary64 */
    case 4:
        return 0x3fff + (unsigned)rng_below(rng, 300) - 150; /* the range of binary32 */
    default:
        return 0x3fff + (unsigned)rng_below(rng, 140) - 70;
    }
}

/* Zero, infinity, NaNs, denormals, and the encodings that are not supported. */
static inline struct float80 random_special(struct rng *rng) {
    struct float80 a = {random_mantissa(rng), (uint16_t)((rng_next(rng) & 1) << 15)};
    switch (rng_below(rng, 10)) {
    case 0:
        a.mantissa = 0;
        break;
    case 1:
        a.se |= 0x7fff, a.mantissa = 1ull << 63;
        break;
    case 2:
        a.se |= 0x7fff, a.mantissa |= 1ull << 62;
        break;
    case 3:
        a.se |= 0x7fff, a.mantissa &= ~(1ull << 62);
        break;
    case 4:
        a.mantissa >>= rng_below(rng, 64);
        break;
    case 5:
        break; /* pseudo-denormal */
    case 6:
        a.se |= random_exp(rng), a.mantissa >>= 1 + rng_below(rng, 63);
        break;
    case 7:
        a.se |= 0x7fff, a.mantissa >>= 1 + rng_below(rng, 63);
        break;
    case 8:
        a.se |= 0x7fff, a.mantissa = rng_next(rng);
        break;
    default:
        a.mantissa = 1ull << rng_below(rng, 64);
        break;
    }
    return a;
}

static inline struct float80 random_float80(struct rng *rng) {
    if (rng_below(rng, 6) == 0) return random_special(rng);
    return (struct float80){random_mantissa(rng),
                            (uint16_t)((rng_next(rng) & 1) << 15 | random_exp(rng))};
}

/* A second operand that often lies near the first, where cancellation and ties happen. */
static inline struct float80 random_near(struct rng *rng, struct float80 a) {
    struct float80 b = random_float80(rng);
    if (rng_below(rng, 2))
        b.se = (uint16_t)((a.se ^ (rng_next(rng) & 0x8000)) + rng_below(rng, 5) - 2);
    if (rng_below(rng, 8) == 0) b.mantissa = a.mantissa;
    return b;
}

/* Any rounding, precision (the reserved encoding too) and mask bits, mostly all masked. */
static inline uint16_t random_fcw(struct rng *rng) {
    uint16_t fcw = (uint16_t)(rng_below(rng, 16) << 8) | 0x40;
    return fcw | (rng_below(rng, 3) ? 0x3f : (uint16_t)rng_below(rng, 64));
}
