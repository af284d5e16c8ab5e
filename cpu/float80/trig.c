/* SPDX-License-Identifier: ISC */
/* FSIN, FCOS, FPTAN. Arguments are reduced exactly by the 66-bit pi of SDM 1 8.3.8, so a result is
 * the function of the argument modulo that pi. Defined by docs/model-x87.md. */
#include "cpu/float80/wide.h"

/* pi = PI66 / 2^64; pi / 2 = PI66 / 2^65. */
#define PI66 U128(0x3, 0x243f6a8885a308d3)

/* |a| = quadrant * pi / 2 + r, |r| <= pi / 4. */
struct reduced {
    unsigned quadrant;
    struct wide r;
};

static struct reduced reduce(struct unpacked a) {
    const int32_t power = a.exp - FLOAT80_BIAS;
    a.sign = 0;
    if (power < -1) return (struct reduced){0, wide_of_unpacked(a)};
    const uint128 x = (uint128)a.mantissa << (power + 2); /* in units of 2^-65; power <= 62 */
    uint128 quadrant = x / PI66, rest = x - quadrant * PI66;
    const bool over = rest > PI66 / 2;
    if (over) {
        rest = PI66 - rest;
        quadrant++;
    }
    /* rest is not 0: PI66 is odd and has more bits than a.mantissa. */
    return (struct reduced){(unsigned)quadrant & 3, wide_of_integer(over, rest, 65)};
}

/* A series that begins 1 - ... is below 1 even when the difference is too small to see. */
static uint128 below_one(uint128 f1) {
    return f1 == F1_ONE ? f1 - 1 : f1;
}

static struct wide sin_kernel(struct wide r) {
    return wide_scale(r, below_one(series_alternate(SIN_SERIES, SIN_TERMS, wide_square_f0(r))));
}

static struct wide cos_kernel(struct wide r) {
    const uint128 f1 = below_one(series_alternate(COS_SERIES, SIN_TERMS, wide_square_f0(r)));
    return wide_scale((struct wide){0, 0, F1_ONE}, f1);
}

/* Deals with what needs no computation; true when *out is the result, or when there is to be none.
 */
static bool trig_special(struct float80_env *env, struct float80 a, bool *out_of_range,
                         struct float80 *out) {
    *out_of_range = false;
    *out = a;
    if (LIKELY(float80_is_normal(a))) return *out_of_range = float80_exp(a) >= FLOAT80_BIAS + 63;
    if (float80_nan1(env, a, out)) return true;
    if (float80_classify(a) == FLOAT80_CLASS_INFINITY) {
        *out = float80_invalid(env);
        return true;
    }
    return float80_classify(a) == FLOAT80_CLASS_DENORMAL && float80_raise(env, FLOAT80_DE);
}

struct float80 float80_sin(struct float80_env *env, struct float80 a, bool *out_of_range) {
    struct float80 special;
    if (trig_special(env, a, out_of_range, &special)) return special;
    if (a.mantissa == 0) return a;
    const struct reduced x = reduce(float80_unpack(a));
    struct wide y = x.quadrant & 1 ? cos_kernel(x.r) : sin_kernel(x.r);
    y.sign ^= float80_sign(a) ^ x.quadrant >> 1;
    return wide_round(env, y, false);
}

struct float80 float80_cos(struct float80_env *env, struct float80 a, bool *out_of_range) {
    struct float80 special;
    if (trig_special(env, a, out_of_range, &special)) return special;
    if (a.mantissa == 0) return float80_make(0, FLOAT80_BIAS, FLOAT80_INTEGER_BIT);
    const struct reduced x = reduce(float80_unpack(a));
    struct wide y = x.quadrant & 1 ? sin_kernel(x.r) : cos_kernel(x.r);
    y.sign ^= ((x.quadrant + 1) >> 1) & 1;
    return wide_round(env, y, false);
}

/* For a tiny r the quotient is r and a little more. */
static struct wide tan_kernel(struct wide r, bool reciprocal) {
    const struct wide sine =
        wide_scale(r, series_alternate(SIN_SERIES, SIN_TERMS, wide_square_f0(r)));
    const struct wide cosine = cos_kernel(r);
    return reciprocal ? wide_div(cosine, sine) : wide_div(sine, cosine);
}

struct float80 float80_tan(struct float80_env *env, struct float80 a, bool *out_of_range) {
    struct float80 special;
    if (trig_special(env, a, out_of_range, &special)) return special;
    if (a.mantissa == 0) return a;
    const struct reduced x = reduce(float80_unpack(a));
    struct wide y = tan_kernel(x.r, x.quadrant & 1);
    y.sign ^= float80_sign(a) ^ (x.quadrant & 1);
    return wide_round(env, y, false);
}
