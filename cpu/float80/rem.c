/* SPDX-License-Identifier: ISC */
/* Partial remainders. One step reduces the exponent difference D by all of it when D < 64,
 * otherwise by N = 32 + D mod 32 as Intel's and AMD's processors do. Source: SDM 2 FPREM, FPREM1.
 */
#include "cpu/float80/round.h"

/* The exact remainder, in units of 2^(exp - bias - 63). */
static struct float80 normalize(struct float80_env *env, unsigned sign, int32_t exp,
                                uint64_t mantissa) {
    if (mantissa == 0) return float80_zero(sign);
    const int shift = __builtin_clzll(mantissa);
    return float80_round_full(env, sign, exp - shift, mantissa << shift, 0);
}

/* Takes the low n+1 quotient bits of a / b when a's mantissa is n places above b's; leaves the rest
 * in *rest. */
static uint64_t divide_step(uint64_t a, uint64_t b, unsigned n, uint64_t *rest) {
    const uint128 dividend = (uint128)a << n, quotient = dividend / b;
    *rest = (uint64_t)(dividend - quotient * b);
    return (uint64_t)quotient;
}

static struct float80 rem_complete(struct float80_env *env, struct unpacked a, struct unpacked b,
                                   bool nearest, unsigned *quotient) {
    uint64_t rest = a.mantissa, q = 0;
    int32_t exp = a.exp;
    if (a.exp >= b.exp) {
        q = divide_step(a.mantissa, b.mantissa, (unsigned)(a.exp - b.exp), &rest);
        exp = b.exp;
    } else if (nearest && a.exp == b.exp - 1) {
        /* a < b < 2a is possible: the nearest quotient may be 1. b - a in units of a's last place.
         */
        if (a.mantissa > b.mantissa) {
            *quotient = 1;
            return normalize(env, !a.sign, exp,
                             (uint64_t)(((uint128)b.mantissa << 1) - a.mantissa));
        }
    }
    if (nearest && a.exp >= b.exp) {
        const uint64_t other = b.mantissa - rest;
        if (rest > other || (rest == other && (q & 1))) {
            *quotient = (unsigned)(q + 1);
            return normalize(env, !a.sign, exp, other);
        }
    }
    *quotient = (unsigned)q;
    return normalize(env, a.sign, exp, rest);
}

static struct float80 rem_unpacked(struct float80_env *env, struct unpacked a, struct unpacked b,
                                   bool nearest, unsigned *quotient, bool *partial) {
    const int32_t difference = a.exp - b.exp;
    if (difference < 64) return rem_complete(env, a, b, nearest, quotient);
    const unsigned n = 32 + (unsigned)difference % 32;
    uint64_t rest;
    divide_step(a.mantissa, b.mantissa, n, &rest);
    *partial = true;
    return normalize(env, a.sign, a.exp - (int32_t)n, rest);
}

struct float80 float80_rem(struct float80_env *env, struct float80 a, struct float80 b,
                           bool nearest, unsigned *quotient, bool *partial) {
    struct float80 nan;
    *quotient = 0;
    *partial = false;
    if (LIKELY(float80_is_normal(a) && float80_is_normal(b)))
        return rem_unpacked(env, float80_unpack(a), float80_unpack(b), nearest, quotient, partial);
    if (float80_nan2(env, a, b, &nan)) return nan;
    const enum float80_class class_a = float80_classify(a), class_b = float80_classify(b);
    if (class_a == FLOAT80_CLASS_INFINITY || class_b == FLOAT80_CLASS_ZERO)
        return float80_invalid(env);
    if (class_a == FLOAT80_CLASS_DENORMAL || class_b == FLOAT80_CLASS_DENORMAL) {
        if (float80_raise(env, FLOAT80_DE)) return a;
    }
    if (class_a == FLOAT80_CLASS_ZERO) return a;
    if (class_b == FLOAT80_CLASS_INFINITY) {
        const struct unpacked u = float80_unpack(a);
        return float80_round_full(env, u.sign, u.exp, u.mantissa, 0);
    }
    return rem_unpacked(env, float80_unpack(a), float80_unpack(b), nearest, quotient, partial);
}
