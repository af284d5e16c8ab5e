/* SPDX-License-Identifier: ISC */
/* Inside cpu/float80 only: unpacked values, raising, rounding. An unpacked value is normalized: bit
 * 63 of its mantissa is set, its exponent is biased and may leave 1..0x7ffe. */
#pragma once

#include "base/bits.h"
#include "cpu/float80/float80.h"

typedef unsigned __int128 uint128;

struct unpacked {
    unsigned sign;
    int32_t exp;
    uint64_t mantissa;
};

/* Raises; returns whether the operation must end here because the exception is unmasked. */
static inline bool float80_raise(struct float80_env *env, unsigned flag) {
    env->raised |= (uint16_t)flag;
    return flag & ~(unsigned)env->masked & FLOAT80_BEFORE;
}

static inline struct float80 float80_invalid(struct float80_env *env) {
    env->raised |= FLOAT80_IE;
    return float80_default_nan();
}

static inline struct float80 float80_zero(unsigned sign) {
    return float80_make(sign, 0, 0);
}

static inline struct float80 float80_infinity(unsigned sign) {
    return float80_make(sign, FLOAT80_EXP_MAX, FLOAT80_INTEGER_BIT);
}

static inline bool float80_is_normal(struct float80 a) {
    const unsigned exp = float80_exp(a);
    return exp - 1 < FLOAT80_EXP_MAX - 1 && a.mantissa >> 63;
}

static inline bool float80_is_nan_class(enum float80_class class) {
    return class == FLOAT80_CLASS_QNAN || class == FLOAT80_CLASS_SNAN;
}

/* Of a value that is normal or denormal, not zero. */
static inline struct unpacked float80_unpack(struct float80 a) {
    struct unpacked u = {float80_sign(a), (int32_t)float80_exp(a), a.mantissa};
    if (UNLIKELY(u.exp == 0)) {
        const int shift = __builtin_clzll(u.mantissa);
        u.mantissa <<= shift;
        u.exp = 1 - shift;
    }
    return u;
}

/* Shifts right; the lowest bit remembers whether anything but zeros was lost. */
static inline uint128 shift_right_jam(uint128 x, unsigned n) {
    if (n == 0) return x;
    if (n > 127) return x != 0;
    return x >> n | ((x << (128 - n)) != 0);
}

/* Whether rest / 2^64 of a unit in the last place, below a significand that ends in odd, rounds
 * away from zero. */
static inline bool float80_rounds_up(unsigned rounding, unsigned sign, bool odd, uint64_t rest) {
    const uint64_t half = 1ull << 63;
    if (rounding == FLOAT80_NEAREST) return rest > half || (rest == half && odd);
    return rest != 0 && rounding == (sign ? FLOAT80_DOWN : FLOAT80_UP);
}

/* Any exponent and precision; see float80_round. */
struct float80 float80_round_any(struct float80_env *env, unsigned sign, int32_t exp, uint64_t hi,
                                 uint64_t lo);

/* Rounds hi + lo / 2^64 (hi normalized; the lowest bit of lo is sticky) to the environment's
 * precision, raising PE, OE, UE. */
static inline struct float80 float80_round(struct float80_env *env, unsigned sign, int32_t exp,
                                           uint64_t hi, uint64_t lo) {
    if (UNLIKELY(env->drop != 0 || (uint32_t)exp - 1 >= FLOAT80_EXP_MAX - 2))
        return float80_round_any(env, sign, exp, hi, lo);
    if (lo == 0) return float80_make(sign, (unsigned)exp, hi);
    env->raised |= FLOAT80_PE;
    if (float80_rounds_up(env->rounding, sign, hi & 1, lo)) {
        env->raised |= FLOAT80_C1;
        if (++hi == 0) {
            hi = FLOAT80_INTEGER_BIT;
            exp++;
        }
    }
    return float80_make(sign, (unsigned)exp, hi);
}

/* The same at full precision, whatever precision control says (constants, FSCALE, transcendental
 * functions). */
struct float80 float80_round_full(struct float80_env *env, unsigned sign, int32_t exp, uint64_t hi,
                                  uint64_t lo);

/* The result when an operand is a NaN or unsupported; false when neither is. */
bool float80_nan1(struct float80_env *env, struct float80 a, struct float80 *out);
bool float80_nan2(struct float80_env *env, struct float80 a, struct float80 b, struct float80 *out);
