/* SPDX-License-Identifier: ISC */
/* The 80-bit extended format of the x87, in integer arithmetic only: the same bits on every host.
 * Pure: a function sees its operands and an environment, and reports through env->raised in the bit
 * positions of the status word.
 *
 * After IE, DE or ZE with the mask bit clear the result means nothing and must not be stored: see
 * float80_suppressed(). Unmasked OE and UE return the bias-adjusted result of SDM 1 8.5.4, 8.5.5.
 */
#pragma once

#include "cpu/state.h"

#include <stdbool.h>

enum float80_rounding {
    FLOAT80_NEAREST,
    FLOAT80_DOWN,
    FLOAT80_UP,
    FLOAT80_ZERO
}; /* the RC field */

enum float80_flag {
    FLOAT80_IE = 0x01,
    FLOAT80_DE = 0x02,
    FLOAT80_ZE = 0x04,
    FLOAT80_OE = 0x08,
    FLOAT80_UE = 0x10,
    FLOAT80_PE = 0x20,
    FLOAT80_BEFORE =
        FLOAT80_IE | FLOAT80_DE | FLOAT80_ZE, /* unmasked: the operation does not take place */
    FLOAT80_C1 = 0x200,                       /* the last rounding was up */
};

enum float80_class {
    FLOAT80_CLASS_ZERO,
    FLOAT80_CLASS_DENORMAL, /* pseudo-denormals too */
    FLOAT80_CLASS_NORMAL,
    FLOAT80_CLASS_INFINITY,
    FLOAT80_CLASS_QNAN,
    FLOAT80_CLASS_SNAN,
    FLOAT80_CLASS_UNSUPPORTED, /* unnormal, pseudo-infinity, pseudo-NaN */
};

enum float80_relation { FLOAT80_GREATER, FLOAT80_LESS, FLOAT80_EQUAL, FLOAT80_UNORDERED };

enum { FLOAT80_BIAS = 16383, FLOAT80_EXP_MAX = 0x7fff, FLOAT80_SIGN = 0x8000 };
#define FLOAT80_INTEGER_BIT (1ull << 63)
#define FLOAT80_QUIET_BIT   (1ull << 62)

struct float80_env {
    uint8_t rounding; /* enum float80_rounding */
    uint8_t drop;     /* significand bits that precision control takes away: 0, 11 or 40 */
    uint8_t masked;   /* mask bits as in the control word: 1 = masked */
    uint16_t raised;  /* enum float80_flag; only ever set here */
};

/* The environment that a control word describes, nothing raised. */
static inline struct float80_env float80_env_of(uint16_t fcw) {
    static const uint8_t drop[4] = {40, 0, 11, 0};
    return (struct float80_env){.rounding = (fcw >> 10) & 3,
                                .drop = drop[(fcw >> 8) & 3],
                                .masked = fcw & 0x3f,
                                .raised = 0};
}

/* Whether an exception that comes before the operation was raised and is not masked. */
static inline bool float80_suppressed(const struct float80_env *env) {
    return env->raised & ~(unsigned)env->masked & FLOAT80_BEFORE;
}

static inline struct float80 float80_make(unsigned sign, unsigned exp, uint64_t mantissa) {
    return (struct float80){.mantissa = mantissa, .se = (uint16_t)(sign << 15 | exp)};
}

static inline unsigned float80_sign(struct float80 a) {
    return a.se >> 15;
}

static inline unsigned float80_exp(struct float80 a) {
    return a.se & FLOAT80_EXP_MAX;
}

/* The default NaN ("real indefinite"). */
static inline struct float80 float80_default_nan(void) {
    return float80_make(1, FLOAT80_EXP_MAX, FLOAT80_INTEGER_BIT | FLOAT80_QUIET_BIT);
}

enum float80_class float80_classify(struct float80 a);

struct float80 float80_add(struct float80_env *env, struct float80 a, struct float80 b);
struct float80 float80_sub(struct float80_env *env, struct float80 a, struct float80 b);
struct float80 float80_mul(struct float80_env *env, struct float80 a, struct float80 b);
struct float80 float80_div(struct float80_env *env, struct float80 a, struct float80 b);
struct float80 float80_sqrt(struct float80_env *env, struct float80 a);
struct float80 float80_round_to_int(struct float80_env *env, struct float80 a);
/* a * 2^trunc(n). Source: SDM 2 FSCALE. */
struct float80 float80_scale(struct float80_env *env, struct float80 a, struct float80 n);
/* Splits a into a significand in [1,2) (returned) and its exponent. Source: SDM 2 FXTRACT. */
struct float80 float80_extract(struct float80_env *env, struct float80 a, struct float80 *exponent);

/* Remainder of a by b, the quotient truncated (FPREM) or rounded to nearest (FPREM1).
 * quotient: its low bits when complete. Returns with *partial set when only part of the reduction
 * was done. */
struct float80 float80_rem(struct float80_env *env, struct float80 a, struct float80 b,
                           bool nearest, unsigned *quotient, bool *partial);

/* quiet: only signalling NaNs raise IE (FUCOM), otherwise every NaN does (FCOM). */
enum float80_relation float80_compare(struct float80_env *env, struct float80 a, struct float80 b,
                                      bool quiet);

/* Exact conversions from memory formats. A signalling NaN stays one and raises nothing. *denormal:
 * the operand was a denormal of its own format. */
struct float80 float80_from_f32(uint32_t bits, bool *denormal);
struct float80 float80_from_f64(uint64_t bits, bool *denormal);
struct float80 float80_from_int(int64_t value);
/* 18 packed digits, sign in bit 79. */
struct float80 float80_from_bcd(const uint8_t bcd[10]);

uint32_t float80_to_f32(struct float80_env *env, struct float80 a);
uint64_t float80_to_f64(struct float80_env *env, struct float80 a);
/* To a signed integer of 16, 32 or 64 bits; out of range: IE and the integer indefinite. */
int64_t float80_to_int(struct float80_env *env, struct float80 a, unsigned bits);
void float80_to_bcd(struct float80_env *env, struct float80 a, uint8_t bcd[10]);

/* Transcendental functions: defined by our machine model (docs/model-x87.md), not by any one CPU.
 */
struct float80 float80_2xm1(struct float80_env *env, struct float80 a);
/* y * log2(x), y * log2(x + 1), arctan(y / x). */
struct float80 float80_yl2x(struct float80_env *env, struct float80 y, struct float80 x);
struct float80 float80_yl2xp1(struct float80_env *env, struct float80 y, struct float80 x);
struct float80 float80_atan(struct float80_env *env, struct float80 y, struct float80 x);
/* *out_of_range: |a| is 2^63 or more, nothing was computed (C2). */
struct float80 float80_sin(struct float80_env *env, struct float80 a, bool *out_of_range);
struct float80 float80_cos(struct float80_env *env, struct float80 a, bool *out_of_range);
struct float80 float80_tan(struct float80_env *env, struct float80 a, bool *out_of_range);
