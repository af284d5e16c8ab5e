/* SPDX-License-Identifier: ISC */
/* RCP and RSQRT. The SDM allows a relative error of 1.5 * 2^-12 and processors differ; the machine model fixes the value on
 * every host (docs/model.md): the function at the middle of 2048 equal parts of the mantissa's range, to 15 bits after the
 * point. No exceptions; a denormal operand is a zero, a result below the normal range is a zero. */
#include "cpu/interp/fp_round.h"
#include "cpu/interp/vec.h"

enum { STEP_BITS = 11, RESULT_BITS = 15 };

/* The middle of x's part, in units of 2^-12: 4096 .. 8191. */
static uint32_t middle(uint32_t x) {
    return 2 * (x >> (FP_MANTISSA32 - STEP_BITS) & ((1 << STEP_BITS) - 1)) + 4097;
}

/* value * 2^(exponent - RESULT_BITS), with 2^14 <= value <= 2^15. */
static uint32_t pack(uint32_t value, int exponent) {
    if (!(value >> RESULT_BITS)) {
        value <<= 1;
        exponent--;
    }
    if (exponent < 1 - FP_BIAS32) return 0;
    const uint32_t fraction = value & ((1 << RESULT_BITS) - 1);
    return (uint32_t)(exponent + FP_BIAS32) << FP_MANTISSA32 | fraction << (FP_MANTISSA32 - RESULT_BITS);
}

static uint32_t reciprocal(uint32_t x) {
    const uint32_t sign = x & FP_SIGN32, m = middle(x);
    if (fp_is_nan32(x)) return x | FP_QUIET32;
    if (fp_exponent32(x) == -FP_BIAS32) return sign | FP_INF32;
    if ((x & FP_INF32) == FP_INF32) return sign;
    return sign | pack(((1u << (12 + RESULT_BITS)) + m / 2) / m, -fp_exponent32(x));
}

static uint64_t square_root(uint64_t x) {
    uint64_t root = 0;
    for (uint64_t bit = 1ull << 31; bit; bit >>= 1)
        if ((root | bit) * (root | bit) <= x) root |= bit;
    return root;
}

/* 1/sqrt(m * 2^-12 * 2^odd): the root of 2^(12 + 2 * 16) / m, one bit more than wanted to round by. */
static uint32_t reciprocal_root(uint32_t x) {
    if (fp_is_nan32(x)) return x | FP_QUIET32;
    if (fp_exponent32(x) == -FP_BIAS32) return (x & FP_SIGN32) | FP_INF32;
    if (x & FP_SIGN32) return FP_DEFAULT_NAN32;
    if (x == FP_INF32) return 0;
    const int exponent = fp_exponent32(x), odd = exponent & 1;
    const uint64_t quotient = (1ull << (12 + 2 * (RESULT_BITS + 1))) / ((uint64_t)middle(x) << odd);
    return pack((uint32_t)(square_root(quotient) + 1) >> 1, -((exponent - odd) / 2));
}

#define INSTANCES(name, function) \
    VEC3_XY(name##ps) { \
        for (unsigned i = 0; i < n / 4; i++) d->u32[i] = function(b->u32[i]); \
    } \
    void vec_##name##ss(VEC_PARAMS_V3) { \
        vec_copy16(d, a); \
        d->u32[0] = function(b->u32[0]); \
    }

INSTANCES(rcp, reciprocal)
INSTANCES(rsqrt, reciprocal_root)
