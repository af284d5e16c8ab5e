/* SPDX-License-Identifier: ISC */
/* Bits of the IEEE formats: classification without raising host exceptions (a C comparison would: DE for denormals), and
 * x86's choice among NaN operands. The suffix is the format: 32 single, 64 double. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define FP_SIGN32 0x80000000u
#define FP_SIGN64 0x8000000000000000ull
#define FP_INF32 0x7f800000u
#define FP_INF64 0x7ff0000000000000ull
#define FP_QUIET32 0x00400000u
#define FP_QUIET64 0x0008000000000000ull
#define FP_DEFAULT_NAN32 0xffc00000u
#define FP_DEFAULT_NAN64 0xfff8000000000000ull

/* Each function for both formats; W is the width. */
#define FP_BITS(W, real) \
    static inline uint##W##_t fp_bits##W(real x) { \
        uint##W##_t bits; \
        memcpy(&bits, &x, sizeof bits); \
        return bits; \
    } \
    static inline real fp_real##W(uint##W##_t bits) { \
        real x; \
        memcpy(&x, &bits, sizeof x); \
        return x; \
    } \
    static inline bool fp_is_nan##W(uint##W##_t x) { \
        return (uint##W##_t)(x << 1) > (uint##W##_t)(FP_INF##W << 1); \
    } \
    static inline bool fp_is_snan##W(uint##W##_t x) { \
        return fp_is_nan##W(x) && !(x & FP_QUIET##W); \
    } \
    static inline bool fp_is_denormal##W(uint##W##_t x) { \
        return !(x & FP_INF##W) && (uint##W##_t)(x << 1); \
    } \
    /* The NaN result of an operation on a and b: the first NaN operand made quiet, else the default NaN. */ \
    static inline uint##W##_t fp_nan_of##W(uint##W##_t a, uint##W##_t b) { \
        if (fp_is_nan##W(a)) return a | FP_QUIET##W; \
        if (fp_is_nan##W(b)) return b | FP_QUIET##W; \
        return FP_DEFAULT_NAN##W; \
    }

FP_BITS(32, float)
FP_BITS(64, double)
