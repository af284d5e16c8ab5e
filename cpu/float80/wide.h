/* SPDX-License-Identifier: ISC */
/* Inside cpu/float80 only: numbers with 128 bits of significand, for the transcendental functions.
 * Every operation errs by less than 2^-125 of its result, so that the rounded 64-bit result errs by
 * less than one unit in its last place. A fraction is an unsigned fixed-point number: f1 has 1
 * integer bit and 127 below it, f0 has none and 128. */
#pragma once

#include "cpu/float80/round.h"

/* (-1)^sign * m / 2^127 * 2^exp; normalized: bit 127 of m is set, or m is 0 for zero. */
struct wide {
    unsigned sign;
    int32_t exp;
    uint128 m;
};

#define U128(hi, lo) ((uint128)(hi) << 64 | (lo))
#define F1_ONE       U128(1ull << 63, 0)

/* The upper half of the 256-bit product. */
static inline uint128 mul_high(uint128 a, uint128 b) {
    const uint64_t a1 = (uint64_t)(a >> 64), a0 = (uint64_t)a, b1 = (uint64_t)(b >> 64),
                   b0 = (uint64_t)b;
    const uint128 middle1 = (uint128)a1 * b0, middle2 = (uint128)a0 * b1;
    const uint128 carry = ((uint128)a0 * b0 >> 64) + (uint64_t)middle1 + (uint64_t)middle2;
    return (uint128)a1 * b1 + (middle1 >> 64) + (middle2 >> 64) + (carry >> 64);
}

/* n / 2^scale as a wide number. n is not 0. */
struct wide wide_of_integer(unsigned sign, uint128 n, int32_t scale);
struct wide wide_of_unpacked(struct unpacked a);
struct wide wide_add(struct wide a, struct wide b);
struct wide wide_mul(struct wide a, struct wide b);
struct wide wide_div(struct wide a, struct wide b);
/* a * f, f an f1 and not 0. */
struct wide wide_scale(struct wide a, uint128 f1);
/* |a| and a*a as f0; |a| < 1. */
uint128 wide_to_f0(struct wide a);
uint128 wide_square_f0(struct wide a);
/* Rounds to 64 bits. A result that is not exact must show it, even where the digits computed are
 * all zeros. */
struct float80 wide_round(struct float80_env *env, struct wide a, bool exact);

/* Sum of (+-) c[k] * z^k: c in f1, z in f0, the sum in f1 and not below its first term's half. */
uint128 series_add(const uint128 *c, int n, uint128 z);
uint128 series_alternate(const uint128 *c, int n, uint128 z);

/* Coefficients and constants: tables.c. */
enum { SIN_TERMS = 18, EXP_TERMS = 33, ATAN_TERMS = 15, ATANH_TERMS = 28, ATAN_STEPS = 16 };
extern const uint128 SIN_SERIES[SIN_TERMS];      /* 1 / (2k+1)! */
extern const uint128 COS_SERIES[SIN_TERMS];      /* 1 / (2k)! */
extern const uint128 EXP_SERIES[EXP_TERMS];      /* 1 / (k+1)! */
extern const uint128 ODD_SERIES[ATANH_TERMS];    /* 1 / (2k+1) */
extern const uint128 ATAN_TABLE[ATAN_STEPS + 1]; /* arctan(i / 16), f1 */
extern const struct wide WIDE_PI, WIDE_HALF_PI, WIDE_LN2, WIDE_TWO_LOG2E;
