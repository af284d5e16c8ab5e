/* SPDX-License-Identifier: ISC */
/* FPATAN: arctan(y / x) in all four quadrants. Source of the special cases: SDM 2 FPATAN, table
 * 3-32. */
#include "cpu/float80/wide.h"

/* arctan(u) for |u| <= 1/31. */
static struct wide atan_small(struct wide u) {
    const uint128 f1 = series_alternate(ODD_SERIES, ATAN_TERMS, wide_square_f0(u));
    return wide_scale(u, f1 == F1_ONE ? f1 - 1 : f1);
}

/* arctan(a / b), 0 < a <= b: the nearest sixteenth i/16 from the table, plus the rest, whose
 * argument (16a - ib) / (16b + ia) has an exact numerator and denominator. */
static struct wide atan_ratio(struct unpacked a, struct unpacked b) {
    const int32_t distance = b.exp - a.exp;
    a.sign = b.sign = 0;
    if (distance > 6) return atan_small(wide_div(wide_of_unpacked(a), wide_of_unpacked(b)));
    const uint128 small = a.mantissa, large = (uint128)b.mantissa << distance;
    const unsigned i = (unsigned)(((small << 5) / large + 1) >> 1);
    const uint128 left = small << 4, right = large * i;
    const struct wide base = {0, 0, ATAN_TABLE[i]};
    if (left == right) return wide_scale((struct wide){0, 0, F1_ONE}, base.m);
    const struct wide numerator =
        wide_of_integer(left < right, left < right ? right - left : left - right, 0);
    const struct wide rest =
        atan_small(wide_div(numerator, wide_of_integer(0, (large << 4) + small * i, 0)));
    return i ? wide_add(wide_scale((struct wide){0, 0, F1_ONE}, base.m), rest) : rest;
}

static struct wide wide_minus(struct wide a, struct wide b) {
    b.sign = !b.sign;
    return wide_add(a, b);
}

static struct float80 atan_unpacked(struct float80_env *env, struct unpacked y, struct unpacked x) {
    const bool steep = y.exp > x.exp || (y.exp == x.exp && y.mantissa > x.mantissa);
    struct wide angle = steep ? wide_minus(WIDE_HALF_PI, atan_ratio(x, y)) : atan_ratio(y, x);
    if (x.sign) angle = wide_minus(WIDE_PI, angle);
    angle.sign = y.sign;
    return wide_round(env, angle, false);
}

/* A multiple of pi / 4, with y's sign. */
static struct float80 eighths(struct float80_env *env, unsigned sign, unsigned n) {
    struct wide angle =
        n == 3 ? wide_minus(WIDE_PI, (struct wide){0, WIDE_PI.exp - 2, WIDE_PI.m}) : WIDE_PI;
    if (n == 1 || n == 2) angle.exp -= n == 1 ? 2 : 1;
    angle.sign = sign;
    return wide_round(env, angle, false);
}

struct float80 float80_atan(struct float80_env *env, struct float80 y, struct float80 x) {
    struct float80 nan;
    if (float80_nan2(env, y, x, &nan)) return nan;
    const enum float80_class class_y = float80_classify(y), class_x = float80_classify(x);
    const unsigned sign = float80_sign(y), left = float80_sign(x);
    if (class_y == FLOAT80_CLASS_DENORMAL || class_x == FLOAT80_CLASS_DENORMAL) {
        if (float80_raise(env, FLOAT80_DE)) return y;
    }
    if (class_y == FLOAT80_CLASS_INFINITY && class_x == FLOAT80_CLASS_INFINITY)
        return eighths(env, sign, left ? 3 : 1);
    if (class_y == FLOAT80_CLASS_ZERO || class_x == FLOAT80_CLASS_INFINITY)
        return left ? eighths(env, sign, 4) : float80_zero(sign);
    if (class_y == FLOAT80_CLASS_INFINITY || class_x == FLOAT80_CLASS_ZERO)
        return eighths(env, sign, 2);
    return atan_unpacked(env, float80_unpack(y), float80_unpack(x));
}
