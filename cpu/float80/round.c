/* SPDX-License-Identifier: ISC */
/* Rounding with overflow, underflow and precision control. Source: SDM 1 4.8.4, 4.9.1, 8.5.4
 * to 8.5.6. */
#include "cpu/float80/round.h"

enum { BIAS_ADJUST = 24576 };

/* A significand cut into what stays and the fraction of its last place that goes. */
struct cut {
    uint64_t kept, rest;
};

static struct cut cut_at(unsigned drop, uint64_t hi, uint64_t lo) {
    if (drop == 0) return (struct cut){hi, lo};
    const uint64_t rest = hi << (64 - drop) | lo >> drop | ((lo << (64 - drop)) != 0);
    return (struct cut){hi >> drop << drop, rest};
}

/* Rounds in place; returns whether the significand carried out (it is 0 then). */
static bool round_cut(const struct float80_env *env, unsigned sign, struct cut *cut, bool *up) {
    const uint64_t unit = 1ull << env->drop;
    *up = float80_rounds_up(env->rounding, sign, cut->kept & unit, cut->rest);
    if (!*up) return false;
    cut->kept += unit;
    return cut->kept == 0;
}

static void raise_inexact(struct float80_env *env, const struct cut *cut, bool up) {
    if (cut->rest) env->raised |= FLOAT80_PE;
    if (up) env->raised |= FLOAT80_C1;
}

static struct float80 overflow_masked(struct float80_env *env, unsigned sign) {
    const bool to_infinity =
        env->rounding == FLOAT80_NEAREST || env->rounding == (sign ? FLOAT80_DOWN : FLOAT80_UP);
    env->raised = (uint16_t)((env->raised & ~FLOAT80_C1) | FLOAT80_OE | FLOAT80_PE |
                             (to_infinity ? FLOAT80_C1 : 0));
    if (to_infinity) return float80_infinity(sign);
    return float80_make(sign, FLOAT80_EXP_MAX - 1, ~0ull >> env->drop << env->drop);
}

static struct float80 underflow_masked(struct float80_env *env, unsigned sign, int32_t exp,
                                       uint64_t hi, uint64_t lo, bool tiny) {
    const uint128 shifted = shift_right_jam((uint128)hi << 64 | lo, (unsigned)(1 - exp));
    struct cut cut = cut_at(env->drop, (uint64_t)(shifted >> 64), (uint64_t)shifted);
    bool up;
    round_cut(env, sign, &cut, &up);
    raise_inexact(env, &cut, up);
    if (tiny && cut.rest) env->raised |= FLOAT80_UE;
    return float80_make(sign, cut.kept >> 63, cut.kept);
}

/* Biased back into range; what is too far even for that (FSCALE alone gets there) becomes infinity
 * or zero. */
static struct float80 adjusted(struct float80_env *env, unsigned sign, int32_t exp,
                               uint64_t mantissa) {
    if (LIKELY(exp > 0 && exp < FLOAT80_EXP_MAX))
        return float80_make(sign, (unsigned)exp, mantissa);
    env->raised = (uint16_t)((env->raised & ~FLOAT80_C1) | FLOAT80_PE | (exp > 0 ? FLOAT80_C1 : 0));
    return exp > 0 ? float80_infinity(sign) : float80_zero(sign);
}

struct float80 float80_round_any(struct float80_env *env, unsigned sign, int32_t exp, uint64_t hi,
                                 uint64_t lo) {
    struct cut cut = cut_at(env->drop, hi, lo);
    bool up;
    const int32_t before = exp;
    if (round_cut(env, sign, &cut, &up)) {
        cut.kept = FLOAT80_INTEGER_BIT;
        exp++;
    }
    if (before <= 0 && (env->masked & FLOAT80_UE))
        return underflow_masked(env, sign, before, hi, lo, exp <= 0);
    if (exp >= FLOAT80_EXP_MAX && (env->masked & FLOAT80_OE)) return overflow_masked(env, sign);
    raise_inexact(env, &cut, up);
    if (exp <= 0) {
        env->raised |= FLOAT80_UE;
        return adjusted(env, sign, exp + BIAS_ADJUST, cut.kept);
    }
    if (exp >= FLOAT80_EXP_MAX) {
        env->raised |= FLOAT80_OE;
        return adjusted(env, sign, exp - BIAS_ADJUST, cut.kept);
    }
    return float80_make(sign, (unsigned)exp, cut.kept);
}

struct float80 float80_round_full(struct float80_env *env, unsigned sign, int32_t exp, uint64_t hi,
                                  uint64_t lo) {
    const uint8_t drop = env->drop;
    env->drop = 0;
    const struct float80 out = float80_round(env, sign, exp, hi, lo);
    env->drop = drop;
    return out;
}
