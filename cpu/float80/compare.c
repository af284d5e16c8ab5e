/* SPDX-License-Identifier: ISC */
/* Ordered and unordered comparison. Source: SDM 2 FCOM, FUCOM. */
#include "cpu/float80/round.h"

/* Both are ordered. Denormals and pseudo-denormals have the exponent of the smallest normal. */
static enum float80_relation compare_magnitude(struct float80 a, struct float80 b) {
    const unsigned exp_a = float80_exp(a) + !float80_exp(a),
                   exp_b = float80_exp(b) + !float80_exp(b);
    if (a.mantissa == 0 || b.mantissa == 0) {
        if (a.mantissa == b.mantissa) return FLOAT80_EQUAL;
        return a.mantissa ? FLOAT80_GREATER : FLOAT80_LESS;
    }
    if (exp_a != exp_b) return exp_a > exp_b ? FLOAT80_GREATER : FLOAT80_LESS;
    if (a.mantissa == b.mantissa) return FLOAT80_EQUAL;
    return a.mantissa > b.mantissa ? FLOAT80_GREATER : FLOAT80_LESS;
}

static enum float80_relation compare_ordered(struct float80 a, struct float80 b) {
    const bool both_zero = a.mantissa == 0 && b.mantissa == 0;
    if (both_zero) return FLOAT80_EQUAL;
    if (float80_sign(a) != float80_sign(b)) return float80_sign(a) ? FLOAT80_LESS : FLOAT80_GREATER;
    return float80_sign(a) ? compare_magnitude(b, a) : compare_magnitude(a, b);
}

enum float80_relation float80_compare(struct float80_env *env, struct float80 a, struct float80 b,
                                      bool quiet) {
    if (LIKELY(float80_is_normal(a) && float80_is_normal(b))) return compare_ordered(a, b);
    const enum float80_class class_a = float80_classify(a), class_b = float80_classify(b);
    if (class_a >= FLOAT80_CLASS_QNAN || class_b >= FLOAT80_CLASS_QNAN) {
        if (!quiet || class_a > FLOAT80_CLASS_QNAN || class_b > FLOAT80_CLASS_QNAN)
            env->raised |= FLOAT80_IE;
        return FLOAT80_UNORDERED;
    }
    if (class_a == FLOAT80_CLASS_DENORMAL || class_b == FLOAT80_CLASS_DENORMAL)
        env->raised |= FLOAT80_DE;
    return compare_ordered(a, b);
}
