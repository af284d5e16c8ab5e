/* SPDX-License-Identifier: ISC */
/* Rounding to an integral value, scaling and splitting. Source: SDM 2 FRNDINT, FSCALE, FXTRACT. */
#include "cpu/float80/round.h"

/* |a| < 1, not zero: 0 or 1. */
static struct float80 round_fraction(struct float80_env *env, struct unpacked a) {
    const int32_t below = FLOAT80_BIAS - a.exp; /* 1 or more */
    const uint64_t rest = below == 1 ? a.mantissa : 1;
    env->raised |= FLOAT80_PE;
    if (!float80_rounds_up(env->rounding, a.sign, false, rest)) return float80_zero(a.sign);
    env->raised |= FLOAT80_C1;
    return float80_make(a.sign, FLOAT80_BIAS, FLOAT80_INTEGER_BIT);
}

static struct float80 round_unpacked(struct float80_env *env, struct unpacked a) {
    if (a.exp >= FLOAT80_BIAS + 63) return float80_make(a.sign, (unsigned)a.exp, a.mantissa);
    if (a.exp < FLOAT80_BIAS) return round_fraction(env, a);
    const unsigned n = (unsigned)(FLOAT80_BIAS + 63 - a.exp); /* fraction bits, 1..63 */
    const uint64_t rest = a.mantissa << (64 - n), unit = 1ull << n;
    uint64_t kept = a.mantissa >> n << n;
    if (rest) env->raised |= FLOAT80_PE;
    if (float80_rounds_up(env->rounding, a.sign, kept & unit, rest)) {
        env->raised |= FLOAT80_C1;
        kept += unit;
        if (kept == 0) return float80_make(a.sign, (unsigned)a.exp + 1, FLOAT80_INTEGER_BIT);
    }
    return float80_make(a.sign, (unsigned)a.exp, kept);
}

struct float80 float80_round_to_int(struct float80_env *env, struct float80 a) {
    struct float80 nan;
    if (LIKELY(float80_is_normal(a))) return round_unpacked(env, float80_unpack(a));
    if (float80_nan1(env, a, &nan)) return nan;
    if (float80_classify(a) != FLOAT80_CLASS_DENORMAL) return a;
    if (float80_raise(env, FLOAT80_DE)) return a;
    return round_unpacked(env, float80_unpack(a));
}

/* trunc(n), limited to what can matter to a scale. */
static int32_t scale_count(struct unpacked n) {
    const int32_t power = n.exp - FLOAT80_BIAS;
    if (power < 0) return 0;
    const int32_t count = power > 16 ? 1 << 17 : (int32_t)(n.mantissa >> (63 - power));
    return n.sign ? -count : count;
}

/* n is infinite: the result is infinite or zero, or there is none. */
static struct float80 scale_by_infinity(struct float80_env *env, struct float80 a,
                                        struct float80 n) {
    const enum float80_class class = float80_classify(a);
    const bool up = !float80_sign(n);
    if (class == (up ? FLOAT80_CLASS_ZERO : FLOAT80_CLASS_INFINITY)) return float80_invalid(env);
    if (class == FLOAT80_CLASS_DENORMAL && float80_raise(env, FLOAT80_DE)) return a;
    return up ? float80_infinity(float80_sign(a)) : float80_zero(float80_sign(a));
}

struct float80 float80_scale(struct float80_env *env, struct float80 a, struct float80 n) {
    struct float80 nan;
    if (float80_nan2(env, a, n, &nan)) return nan;
    const enum float80_class class_a = float80_classify(a), class_n = float80_classify(n);
    if (class_n == FLOAT80_CLASS_INFINITY) return scale_by_infinity(env, a, n);
    if (class_a == FLOAT80_CLASS_DENORMAL || class_n == FLOAT80_CLASS_DENORMAL) {
        if (float80_raise(env, FLOAT80_DE)) return a;
    }
    if (class_a == FLOAT80_CLASS_ZERO || class_a == FLOAT80_CLASS_INFINITY) return a;
    const struct unpacked u = float80_unpack(a);
    const int32_t count = class_n == FLOAT80_CLASS_ZERO ? 0 : scale_count(float80_unpack(n));
    return float80_round_full(env, u.sign, u.exp + count, u.mantissa, 0);
}

struct float80 float80_extract(struct float80_env *env, struct float80 a,
                               struct float80 *exponent) {
    struct float80 nan;
    if (float80_nan1(env, a, &nan)) return *exponent = nan;
    switch (float80_classify(a)) {
    case FLOAT80_CLASS_ZERO:
        env->raised |= FLOAT80_ZE;
        *exponent = float80_infinity(1);
        return a;
    case FLOAT80_CLASS_INFINITY:
        *exponent = float80_infinity(0);
        return a;
    case FLOAT80_CLASS_DENORMAL:
        *exponent = a;
        if (float80_raise(env, FLOAT80_DE)) return a;
        break;
    default:
        break;
    }
    const struct unpacked u = float80_unpack(a);
    *exponent = float80_from_int(u.exp - FLOAT80_BIAS);
    return float80_make(u.sign, FLOAT80_BIAS, u.mantissa);
}
