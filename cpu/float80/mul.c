/* SPDX-License-Identifier: ISC */
/* Multiplication and division. Source: SDM 2 FMUL, FDIV. */
#include "cpu/float80/round.h"

static inline struct float80 mul_unpacked(struct float80_env *env, struct unpacked a,
                                          struct unpacked b) {
    uint128 product = (uint128)a.mantissa * b.mantissa;
    int32_t exp = a.exp + b.exp - FLOAT80_BIAS + 1;
    if (!(product >> 127)) {
        product <<= 1;
        exp--;
    }
    return float80_round(env, a.sign ^ b.sign, exp, (uint64_t)(product >> 64), (uint64_t)product);
}

static inline struct float80 div_unpacked(struct float80_env *env, struct unpacked a,
                                          struct unpacked b) {
    const bool less = a.mantissa < b.mantissa;
    const uint128 dividend = (uint128)a.mantissa << (less ? 64 : 63);
    const uint64_t quotient = (uint64_t)(dividend / b.mantissa);
    const uint64_t rest = (uint64_t)dividend - quotient * b.mantissa;
    const uint64_t other = b.mantissa - rest, half = 1ull << 63;
    uint64_t lo = 0;
    if (rest) lo = rest < other ? 1 : rest == other ? half : half + 1;
    return float80_round(env, a.sign ^ b.sign, a.exp - b.exp + FLOAT80_BIAS - less, quotient, lo);
}

static struct float80 mul_special(struct float80_env *env, struct float80 a, struct float80 b) {
    const enum float80_class class_a = float80_classify(a), class_b = float80_classify(b);
    const bool infinite = class_a == FLOAT80_CLASS_INFINITY || class_b == FLOAT80_CLASS_INFINITY;
    const bool zero = class_a == FLOAT80_CLASS_ZERO || class_b == FLOAT80_CLASS_ZERO;
    const unsigned sign = float80_sign(a) ^ float80_sign(b);
    if (infinite && zero) return float80_invalid(env);
    if (class_a == FLOAT80_CLASS_DENORMAL || class_b == FLOAT80_CLASS_DENORMAL) {
        if (float80_raise(env, FLOAT80_DE)) return a;
    }
    if (infinite) return float80_infinity(sign);
    if (zero) return float80_zero(sign);
    return mul_unpacked(env, float80_unpack(a), float80_unpack(b));
}

static struct float80 div_special(struct float80_env *env, struct float80 a, struct float80 b) {
    const enum float80_class class_a = float80_classify(a), class_b = float80_classify(b);
    const unsigned sign = float80_sign(a) ^ float80_sign(b);
    if (class_a == class_b && (class_a == FLOAT80_CLASS_ZERO || class_a == FLOAT80_CLASS_INFINITY))
        return float80_invalid(env);
    if (class_b == FLOAT80_CLASS_ZERO) {
        if (class_a != FLOAT80_CLASS_INFINITY) env->raised |= FLOAT80_ZE;
        return float80_infinity(sign);
    }
    if (class_a == FLOAT80_CLASS_DENORMAL || class_b == FLOAT80_CLASS_DENORMAL) {
        if (float80_raise(env, FLOAT80_DE)) return a;
    }
    if (class_a == FLOAT80_CLASS_INFINITY) return float80_infinity(sign);
    if (class_a == FLOAT80_CLASS_ZERO || class_b == FLOAT80_CLASS_INFINITY)
        return float80_zero(sign);
    return div_unpacked(env, float80_unpack(a), float80_unpack(b));
}

struct float80 float80_mul(struct float80_env *env, struct float80 a, struct float80 b) {
    struct float80 nan;
    if (LIKELY(float80_is_normal(a) && float80_is_normal(b)))
        return mul_unpacked(env, float80_unpack(a), float80_unpack(b));
    if (float80_nan2(env, a, b, &nan)) return nan;
    return mul_special(env, a, b);
}

struct float80 float80_div(struct float80_env *env, struct float80 a, struct float80 b) {
    struct float80 nan;
    if (LIKELY(float80_is_normal(a) && float80_is_normal(b)))
        return div_unpacked(env, float80_unpack(a), float80_unpack(b));
    if (float80_nan2(env, a, b, &nan)) return nan;
    return div_special(env, a, b);
}
