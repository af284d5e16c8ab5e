/* SPDX-License-Identifier: ISC */
/* F2XM1, FYL2X, FYL2XP1. Source of the special cases: SDM 2, tables of the three. */
#include "cpu/float80/wide.h"

struct float80 float80_2xm1(struct float80_env *env, struct float80 a) {
    struct float80 nan;
    if (float80_nan1(env, a, &nan)) return nan;
    const enum float80_class class = float80_classify(a);
    if (class == FLOAT80_CLASS_ZERO) return a;
    if (class == FLOAT80_CLASS_INFINITY)
        return float80_sign(a) ? float80_make(1, FLOAT80_BIAS, FLOAT80_INTEGER_BIT) : a;
    if (class == FLOAT80_CLASS_DENORMAL && float80_raise(env, FLOAT80_DE)) return a;
    if (float80_exp(a) >= FLOAT80_BIAS) {
        if (float80_exp(a) == FLOAT80_BIAS && a.mantissa == FLOAT80_INTEGER_BIT)
            a.se = float80_sign(a) ? FLOAT80_SIGN | (FLOAT80_BIAS - 1) : FLOAT80_BIAS;
        env->raised |=
            FLOAT80_PE; /* beyond 1 and -1: undefined by the SDM, by our model the operand itself */
        return a;
    }
    const struct wide t = wide_mul(wide_of_unpacked(float80_unpack(a)), WIDE_LN2);
    const uint128 f0 = wide_to_f0(t);
    const uint128 f1 = t.sign ? series_alternate(EXP_SERIES, EXP_TERMS, f0)
                              : series_add(EXP_SERIES, EXP_TERMS, f0);
    return wide_round(env, wide_scale(t, f1), false);
}

/* log2((1 + s) / (1 - s)). */
static struct wide log2_ratio(struct wide s) {
    return wide_mul(wide_scale(s, series_add(ODD_SERIES, ATANH_TERMS, wide_square_f0(s))),
                    WIDE_TWO_LOG2E);
}

/* log2 of a positive number; *exact: it is a power of two. */
static struct wide log2_of(struct wide x, bool *exact) {
    static const struct wide one = {0, 0, F1_ONE}, minus_one = {1, 0, F1_ONE};
    const uint128 root_2 = U128(0xb504f333f9de6484, 0x597d89b3754abe9f);
    *exact = x.m == F1_ONE;
    struct wide power = {0, 0, 0};
    int32_t exp = x.exp;
    x.exp = 0;
    if (x.m > root_2) {
        x.exp = -1;
        exp++;
    }
    if (exp) power = wide_of_integer(exp < 0, (uint128)(exp < 0 ? -exp : exp), 0);
    if (*exact) return power;
    return wide_add(power, log2_ratio(wide_div(wide_add(x, minus_one), wide_add(x, one))));
}

/* y * log, log not 0. Processors report even an exact product as inexact. */
static struct float80 product(struct float80_env *env, struct unpacked y, struct wide log,
                              bool exact) {
    const struct float80 out = wide_round(env, wide_mul(wide_of_unpacked(y), log), exact);
    env->raised |= FLOAT80_PE | (float80_exp(out) == 0 ? FLOAT80_UE : 0);
    return out;
}

static bool either_denormal(enum float80_class a, enum float80_class b) {
    return a == FLOAT80_CLASS_DENORMAL || b == FLOAT80_CLASS_DENORMAL;
}

/* y * log when one of them is 0 or infinite. log_sign: the logarithm's. */
static struct float80 product_special(struct float80_env *env, struct float80 y, bool log_zero,
                                      bool log_infinite, unsigned log_sign) {
    const enum float80_class class_y = float80_classify(y);
    const unsigned sign = float80_sign(y) ^ log_sign;
    if ((class_y == FLOAT80_CLASS_INFINITY && log_zero) ||
        (class_y == FLOAT80_CLASS_ZERO && log_infinite))
        return float80_invalid(env);
    return class_y == FLOAT80_CLASS_INFINITY || log_infinite ? float80_infinity(sign)
                                                             : float80_zero(sign);
}

struct float80 float80_yl2x(struct float80_env *env, struct float80 y, struct float80 x) {
    struct float80 nan;
    if (float80_nan2(env, y, x, &nan)) return nan;
    const enum float80_class class_y = float80_classify(y), class_x = float80_classify(x);
    const bool ordinary = class_y == FLOAT80_CLASS_NORMAL || class_y == FLOAT80_CLASS_DENORMAL;
    if (class_x == FLOAT80_CLASS_ZERO) {
        if (ordinary) env->raised |= FLOAT80_ZE;
        return product_special(env, y, false, true, 1);
    }
    if (float80_sign(x)) return float80_invalid(env);
    const bool is_one = float80_exp(x) == FLOAT80_BIAS && x.mantissa == FLOAT80_INTEGER_BIT;
    if (is_one && class_y == FLOAT80_CLASS_INFINITY) return float80_invalid(env);
    if (either_denormal(class_y, class_x) && float80_raise(env, FLOAT80_DE)) return y;
    if (class_x == FLOAT80_CLASS_INFINITY || !ordinary || is_one)
        return product_special(env, y, is_one, class_x == FLOAT80_CLASS_INFINITY,
                               float80_exp(x) < FLOAT80_BIAS);
    bool exact;
    const struct wide log = log2_of(wide_of_unpacked(float80_unpack(x)), &exact);
    return product(env, float80_unpack(y), log, exact);
}

/* log2(x + 1), x above -1 and not 0. Near 0 the sum is never formed. */
static struct wide log2_plus_one(struct unpacked x, bool *exact) {
    static const struct wide one = {0, 0, F1_ONE}, two = {0, 1, F1_ONE};
    const struct wide w = wide_of_unpacked(x);
    if (w.exp >= -2) return log2_of(wide_add(w, one), exact);
    *exact = false;
    return log2_ratio(wide_div(w, wide_add(w, two)));
}

struct float80 float80_yl2xp1(struct float80_env *env, struct float80 y, struct float80 x) {
    struct float80 nan;
    if (float80_nan2(env, y, x, &nan)) return nan;
    const enum float80_class class_y = float80_classify(y), class_x = float80_classify(x);
    const bool negative = float80_sign(x),
               ordinary = class_y == FLOAT80_CLASS_NORMAL || class_y == FLOAT80_CLASS_DENORMAL;
    if (class_x == FLOAT80_CLASS_INFINITY && negative) return float80_invalid(env);
    if (class_x == FLOAT80_CLASS_ZERO && class_y == FLOAT80_CLASS_INFINITY)
        return float80_invalid(env);
    if (either_denormal(class_y, class_x) && float80_raise(env, FLOAT80_DE)) return y;
    if (class_x == FLOAT80_CLASS_INFINITY || class_x == FLOAT80_CLASS_ZERO || !ordinary)
        return product_special(env, y, class_x == FLOAT80_CLASS_ZERO,
                               class_x == FLOAT80_CLASS_INFINITY, negative);
    if (negative && float80_exp(x) >= FLOAT80_BIAS) {
        env->raised |= FLOAT80_PE; /* -1 and below: undefined by the SDM, by our model x itself */
        return x;
    }
    bool exact;
    const struct wide log = log2_plus_one(float80_unpack(x), &exact);
    return product(env, float80_unpack(y), log, exact);
}
