/* SPDX-License-Identifier: ISC */
/* Rounding a real to an integer in pure integer arithmetic, so that the only exceptions are those raised here. */
#pragma once

#include "cpu/interp/fp.h"
#include "cpu/interp/fp_bits.h"

enum fp_part { PART_NONE, PART_BELOW_HALF, PART_HALF, PART_ABOVE_HALF }; /* what rounding drops, in units of the last place */

/* What the low `shift` bits of x amount to. shift may exceed 63. */
static inline enum fp_part fp_part_of(uint64_t x, unsigned shift) {
    if (shift == 0 || x == 0) return PART_NONE;
    if (shift > 64) return PART_BELOW_HALF;
    const uint64_t half = 1ull << (shift - 1), part = shift == 64 ? x : x & ((half << 1) - 1);
    if (part == 0) return PART_NONE;
    return part < half ? PART_BELOW_HALF : part == half ? PART_HALF : PART_ABOVE_HALF;
}

/* True if the magnitude goes up by one. */
static inline bool fp_rounds_up(enum rounding rounding, bool negative, bool odd, enum fp_part part) {
    switch (rounding) {
    case ROUND_NEAREST: return part == PART_ABOVE_HALF || (part == PART_HALF && odd);
    case ROUND_DOWN: return negative && part != PART_NONE;
    case ROUND_UP: return !negative && part != PART_NONE;
    default: return false;
    }
}

/* A finite real as sign and integer magnitude, rounded. exponent of the leading bit must be below 64. */
struct fp_integer {
    uint64_t magnitude;
    bool negative, inexact;
};

enum { FP_MANTISSA32 = 23, FP_MANTISSA64 = 52, FP_BIAS32 = 127, FP_BIAS64 = 1023, FP_MAX32 = 0xff, FP_MAX64 = 0x7ff };

#define FP_ROUND(W) \
    static inline int fp_exponent##W(uint##W##_t x) { \
        return (int)(x >> FP_MANTISSA##W & FP_MAX##W) - FP_BIAS##W; \
    } \
    static inline struct fp_integer fp_integer##W(uint##W##_t x, enum rounding rounding) { \
        const int exponent = fp_exponent##W(x); \
        const uint64_t fraction = x & (((uint64_t)1 << FP_MANTISSA##W) - 1); \
        const bool denormal = exponent == -FP_BIAS##W; \
        const uint64_t significand = denormal ? fraction : fraction | (uint64_t)1 << FP_MANTISSA##W; \
        struct fp_integer r = {.negative = x >> (W - 1)}; \
        const int shift = FP_MANTISSA##W - exponent; \
        if (shift <= 0) { \
            r.magnitude = significand << -shift; \
            return r; \
        } \
        const enum fp_part part = fp_part_of(significand, (unsigned)shift); \
        r.magnitude = shift < 64 ? significand >> shift : 0; \
        r.inexact = part != PART_NONE; \
        r.magnitude += fp_rounds_up(rounding, r.negative, r.magnitude & 1, part); \
        return r; \
    } \
    /* With DAZ a denormal is a zero. */ \
    static inline uint##W##_t fp_daz##W(uint##W##_t x, uint32_t control) { \
        return control & MXCSR_DAZ && fp_is_denormal##W(x) ? x & FP_SIGN##W : x; \
    }

FP_ROUND(32)
FP_ROUND(64)
