/* SPDX-License-Identifier: ISC */
/* Conversions from and to the binary32 and binary64 formats of memory. Source: SDM 2 FLD, FST; SDM
 * 1 4.8.4. */
#include "cpu/float80/round.h"

/* A narrow IEEE format: fraction bits stored, exponent bits. */
struct narrow {
    unsigned fraction_bits, exp_bits;
};

static const struct narrow NARROW32 = {23, 8}, NARROW64 = {52, 11};

static inline int32_t narrow_exp_max(struct narrow f) {
    return (1 << f.exp_bits) - 1;
}

/* What to add to a narrow biased exponent to get ours. */
static inline int32_t narrow_rebias(struct narrow f) {
    return FLOAT80_BIAS - (narrow_exp_max(f) >> 1);
}

static inline struct float80 widen(uint64_t bits, struct narrow f, bool *denormal) {
    const unsigned sign = (bits >> (f.fraction_bits + f.exp_bits)) & 1;
    const int32_t exp = (int32_t)(bits >> f.fraction_bits) & narrow_exp_max(f);
    const uint64_t fraction = bits << (64 - f.fraction_bits) >> 1;
    *denormal = false;
    if (LIKELY(exp != 0 && exp != narrow_exp_max(f)))
        return float80_make(sign, (unsigned)(exp + narrow_rebias(f)),
                            FLOAT80_INTEGER_BIT | fraction);
    if (exp) return float80_make(sign, FLOAT80_EXP_MAX, FLOAT80_INTEGER_BIT | fraction);
    if (!fraction) return float80_zero(sign);
    const int shift = __builtin_clzll(fraction);
    *denormal = true;
    return float80_make(sign, (unsigned)(1 + narrow_rebias(f) - shift), fraction << shift);
}

struct float80 float80_from_f32(uint32_t bits, bool *denormal) {
    return widen(bits, NARROW32, denormal);
}

struct float80 float80_from_f64(uint64_t bits, bool *denormal) {
    return widen(bits, NARROW64, denormal);
}

static uint64_t narrow_pack(struct narrow f, unsigned sign, int32_t exp, uint64_t fraction) {
    return (uint64_t)sign << (f.fraction_bits + f.exp_bits) | (uint64_t)exp << f.fraction_bits |
           fraction;
}

/* Rounds away the low n bits of a significand (n < 64); the result may have carried into one bit
 * more. */
static uint64_t round_off(struct float80_env *env, unsigned sign, uint64_t mantissa, unsigned n) {
    const uint64_t rest = mantissa << (64 - n), kept = mantissa >> n;
    const bool up = float80_rounds_up(env->rounding, sign, kept & 1, rest);
    if (rest) env->raised |= FLOAT80_PE;
    if (up) env->raised |= FLOAT80_C1;
    return kept + up;
}

static uint64_t narrow_overflow(struct float80_env *env, struct narrow f, unsigned sign) {
    const bool to_infinity =
        env->rounding == FLOAT80_NEAREST || env->rounding == (sign ? FLOAT80_DOWN : FLOAT80_UP);
    env->raised = (uint16_t)((env->raised & ~(FLOAT80_C1 | FLOAT80_PE)) | FLOAT80_OE);
    if (!(env->masked & FLOAT80_OE)) return 0;
    env->raised |= FLOAT80_PE | (to_infinity ? FLOAT80_C1 : 0);
    if (to_infinity) return narrow_pack(f, sign, narrow_exp_max(f), 0);
    return narrow_pack(f, sign, narrow_exp_max(f) - 1, (1ull << f.fraction_bits) - 1);
}

/* exp (rebiased) is 0 or less. Tiny unless rounding with an unbounded exponent carries to the
 * smallest normal. */
static uint64_t narrow_underflow(struct float80_env *env, struct narrow f, unsigned sign,
                                 int32_t exp, uint64_t mantissa) {
    const unsigned n = 63 - f.fraction_bits;
    struct float80_env probe = *env;
    const bool carried = round_off(&probe, sign, mantissa, n) >> (f.fraction_bits + 1);
    const bool tiny = exp < 0 || !carried;
    if (tiny && !(env->masked & FLOAT80_UE)) {
        env->raised |= FLOAT80_UE;
        return 0;
    }
    const uint64_t shifted = (uint64_t)shift_right_jam(mantissa, (unsigned)(1 - exp));
    const uint64_t rounded = round_off(env, sign, shifted, n);
    if (tiny && (env->raised & FLOAT80_PE)) env->raised |= FLOAT80_UE;
    return narrow_pack(f, sign, 0, rounded); /* a carry makes it the smallest normal */
}

static uint64_t narrow_round(struct float80_env *env, struct narrow f, struct unpacked a) {
    int32_t exp = a.exp - narrow_rebias(f);
    if (exp <= 0) return narrow_underflow(env, f, a.sign, exp, a.mantissa);
    if (exp >= narrow_exp_max(f)) return narrow_overflow(env, f, a.sign);
    const uint64_t rounded = round_off(env, a.sign, a.mantissa, 63 - f.fraction_bits);
    const uint64_t out =
        narrow_pack(f, a.sign, exp - 1, 0) + rounded; /* the integer bit adds 1 to the exponent */
    if (((out >> f.fraction_bits) & (uint64_t)narrow_exp_max(f)) == (uint64_t)narrow_exp_max(f))
        return narrow_overflow(env, f, a.sign);
    return out;
}

static uint64_t narrow(struct float80_env *env, struct narrow f, struct float80 a) {
    struct float80 nan;
    if (LIKELY(float80_is_normal(a))) return narrow_round(env, f, float80_unpack(a));
    if (float80_nan1(env, a, &nan)) a = nan;
    if (float80_exp(a) == FLOAT80_EXP_MAX)
        return narrow_pack(f, float80_sign(a), narrow_exp_max(f),
                           a.mantissa << 1 >> (64 - f.fraction_bits));
    if (a.mantissa == 0) return narrow_pack(f, float80_sign(a), 0, 0);
    return narrow_round(env, f, float80_unpack(a));
}

uint32_t float80_to_f32(struct float80_env *env, struct float80 a) {
    return (uint32_t)narrow(env, NARROW32, a);
}

uint64_t float80_to_f64(struct float80_env *env, struct float80 a) {
    return narrow(env, NARROW64, a);
}
