/* SPDX-License-Identifier: ISC */
/* Addition and subtraction. Source: SDM 2 FADD, FSUB; SDM 1 4.8.3. */
#include "cpu/float80/round.h"

static inline struct float80 round_wide(struct float80_env *env, unsigned sign, int32_t exp,
                                        uint128 sum) {
    return float80_round(env, sign, exp, (uint64_t)(sum >> 64), (uint64_t)sum);
}

/* |a| + |b| with a's sign. */
static inline struct float80 add_magnitudes(struct float80_env *env, struct unpacked a,
                                            struct unpacked b) {
    if (a.exp < b.exp) {
        const struct unpacked t = a;
        a = b;
        b = t;
    }
    const uint128 small = shift_right_jam((uint128)b.mantissa << 64, (unsigned)(a.exp - b.exp));
    uint128 sum = ((uint128)a.mantissa << 64) + small;
    if (sum < small) {
        sum = sum >> 1 | (sum & 1) | (uint128)1 << 127;
        a.exp++;
    }
    return round_wide(env, a.sign, a.exp, sum);
}

/* |a| - |b| with a's sign. */
static inline struct float80 sub_magnitudes(struct float80_env *env, struct unpacked a,
                                            struct unpacked b) {
    if (a.exp < b.exp || (a.exp == b.exp && a.mantissa < b.mantissa)) {
        const struct unpacked t = a;
        a = b;
        b = t;
        a.sign = !t.sign;
    }
    const uint128 small = shift_right_jam((uint128)b.mantissa << 64, (unsigned)(a.exp - b.exp));
    uint128 difference = ((uint128)a.mantissa << 64) - small;
    if (difference == 0) return float80_zero(env->rounding == FLOAT80_DOWN);
    const uint64_t top = (uint64_t)(difference >> 64);
    const int shift = top ? __builtin_clzll(top) : 64 + __builtin_clzll((uint64_t)difference);
    return round_wide(env, a.sign, a.exp - shift, difference << shift);
}

static inline struct float80 add_unpacked(struct float80_env *env, struct unpacked a,
                                          struct unpacked b) {
    return a.sign == b.sign ? add_magnitudes(env, a, b) : sub_magnitudes(env, a, b);
}

/* One operand at least is neither NaN nor normal. */
static struct float80 add_special(struct float80_env *env, struct float80 a, struct float80 b) {
    const enum float80_class class_a = float80_classify(a), class_b = float80_classify(b);
    if (class_a == FLOAT80_CLASS_INFINITY && class_b == FLOAT80_CLASS_INFINITY)
        return a.se == b.se ? a : float80_invalid(env);
    if (class_a == FLOAT80_CLASS_DENORMAL || class_b == FLOAT80_CLASS_DENORMAL) {
        if (float80_raise(env, FLOAT80_DE)) return a;
    }
    if (class_a == FLOAT80_CLASS_INFINITY) return a;
    if (class_b == FLOAT80_CLASS_INFINITY) return b;
    if (class_a == FLOAT80_CLASS_ZERO && class_b == FLOAT80_CLASS_ZERO)
        return a.se == b.se ? a : float80_zero(env->rounding == FLOAT80_DOWN);
    if (class_a == FLOAT80_CLASS_ZERO || class_b == FLOAT80_CLASS_ZERO) {
        const struct unpacked u = float80_unpack(class_a == FLOAT80_CLASS_ZERO ? b : a);
        return float80_round(env, u.sign, u.exp, u.mantissa, 0);
    }
    return add_unpacked(env, float80_unpack(a), float80_unpack(b));
}

struct float80 float80_add(struct float80_env *env, struct float80 a, struct float80 b) {
    struct float80 nan;
    if (LIKELY(float80_is_normal(a) && float80_is_normal(b)))
        return add_unpacked(env, float80_unpack(a), float80_unpack(b));
    if (float80_nan2(env, a, b, &nan)) return nan;
    return add_special(env, a, b);
}

struct float80 float80_sub(struct float80_env *env, struct float80 a, struct float80 b) {
    struct float80 nan;
    const struct float80 minus_b = {b.mantissa, b.se ^ FLOAT80_SIGN};
    if (LIKELY(float80_is_normal(a) && float80_is_normal(b)))
        return add_unpacked(env, float80_unpack(a), float80_unpack(minus_b));
    if (float80_nan2(env, a, b, &nan)) return nan;
    return add_special(env, a, minus_b);
}
