/* SPDX-License-Identifier: ISC */
/* Classes of encodings, and what becomes of NaNs and of unsupported encodings. Source: SDM
 * 1 4.8.3.5, 8.2.2, table 4-7. */
#include "cpu/float80/round.h"

enum float80_class float80_classify(struct float80 a) {
    const unsigned exp = float80_exp(a);
    if (exp == 0) return a.mantissa ? FLOAT80_CLASS_DENORMAL : FLOAT80_CLASS_ZERO;
    if (!(a.mantissa >> 63)) return FLOAT80_CLASS_UNSUPPORTED;
    if (exp != FLOAT80_EXP_MAX) return FLOAT80_CLASS_NORMAL;
    if (a.mantissa == FLOAT80_INTEGER_BIT) return FLOAT80_CLASS_INFINITY;
    return a.mantissa & FLOAT80_QUIET_BIT ? FLOAT80_CLASS_QNAN : FLOAT80_CLASS_SNAN;
}

static struct float80 quieted(struct float80 a) {
    a.mantissa |= FLOAT80_QUIET_BIT;
    return a;
}

bool float80_nan1(struct float80_env *env, struct float80 a, struct float80 *out) {
    const enum float80_class class = float80_classify(a);
    if (class < FLOAT80_CLASS_QNAN) return false;
    if (class != FLOAT80_CLASS_QNAN) env->raised |= FLOAT80_IE;
    *out = class == FLOAT80_CLASS_UNSUPPORTED ? float80_default_nan() : quieted(a);
    return true;
}

/* Both are NaNs: the larger significand wins, the positive one among equals; a quiet one beats a
 * signalling one. */
static struct float80 choose_nan(struct float80 a, enum float80_class class_a, struct float80 b,
                                 enum float80_class class_b) {
    if (class_a != class_b) return class_a == FLOAT80_CLASS_QNAN ? a : b;
    if (a.mantissa != b.mantissa) return quieted(a.mantissa > b.mantissa ? a : b);
    return quieted(float80_sign(a) ? b : a);
}

bool float80_nan2(struct float80_env *env, struct float80 a, struct float80 b,
                  struct float80 *out) {
    const enum float80_class class_a = float80_classify(a), class_b = float80_classify(b);
    if (class_a < FLOAT80_CLASS_QNAN && class_b < FLOAT80_CLASS_QNAN) return false;
    if (class_a == FLOAT80_CLASS_UNSUPPORTED || class_b == FLOAT80_CLASS_UNSUPPORTED) {
        *out = float80_invalid(env);
        return true;
    }
    if (class_a == FLOAT80_CLASS_SNAN || class_b == FLOAT80_CLASS_SNAN) env->raised |= FLOAT80_IE;
    if (!float80_is_nan_class(class_b))
        *out = quieted(a);
    else if (!float80_is_nan_class(class_a))
        *out = quieted(b);
    else
        *out = choose_nan(a, class_a, b, class_b);
    return true;
}
