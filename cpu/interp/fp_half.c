/* SPDX-License-Identifier: ISC */
/* F16C: half precision to single and back, in integer arithmetic. DAZ does not concern half-precision sources, FTZ does
 * not concern half-precision results (SDM 1 14.4). */
#include "cpu/interp/fp_round.h"
#include "cpu/interp/vec.h"

enum { HALF_MANTISSA = 10, HALF_BIAS = 15, HALF_INF = 0x7c00, HALF_QUIET = 0x200 };

static uint32_t single_of(uint16_t x, uint32_t *flags) {
    const uint32_t sign = (uint32_t)(x & 0x8000) << 16, magnitude = x & 0x7fff;
    const unsigned up = FP_MANTISSA32 - HALF_MANTISSA;
    if (magnitude >= HALF_INF) {
        const bool nan = magnitude > HALF_INF;
        if (nan && !(x & HALF_QUIET)) *flags |= MXCSR_IE;
        return sign | FP_INF32 | (magnitude & 0x3ff) << up | (nan ? FP_QUIET32 : 0);
    }
    if (magnitude >> HALF_MANTISSA) return sign | ((magnitude << up) + ((FP_BIAS32 - HALF_BIAS) << FP_MANTISSA32));
    if (magnitude == 0) return sign;
    const int top = 31 - __builtin_clz(magnitude); /* the denormal's value is magnitude * 2^-24 */
    return sign | (((uint32_t)(top - 24 + FP_BIAS32 - 1) << FP_MANTISSA32) + (magnitude << (FP_MANTISSA32 - top)));
}

VEC3_XY(vcvtph2ps) {
    uint32_t flags = 0;
    for (unsigned i = 0; i < n / 4; i++) d->u32[i] = single_of(b->u16[i], &flags);
    if (flags) fp_raise(flags);
}

/* The magnitude that rounding gives when it overflows. */
static uint16_t overflow(enum rounding rounding, bool negative) {
    const bool to_infinity = rounding == ROUND_NEAREST || rounding == (negative ? ROUND_DOWN : ROUND_UP);
    return to_infinity ? HALF_INF : HALF_INF - 1;
}

static uint64_t round_shift(uint64_t x, unsigned shift, enum rounding rounding, bool negative, bool *inexact) {
    const enum fp_part part = fp_part_of(x, shift);
    const uint64_t kept = shift < 64 ? x >> shift : 0;
    *inexact = part != PART_NONE;
    return kept + fp_rounds_up(rounding, negative, kept & 1, part);
}

static uint16_t half_of_finite(uint32_t x, enum rounding rounding, uint32_t *flags) {
    const bool negative = x >> 31, denormal = fp_is_denormal32(x);
    const int exponent = denormal ? 1 - FP_BIAS32 : fp_exponent32(x);
    const uint32_t fraction = x & 0x7fffff, significand = x << 1 && !denormal ? fraction | 0x800000 : fraction;
    const bool below = exponent < 1 - HALF_BIAS; /* before rounding */
    const unsigned down = FP_MANTISSA32 - HALF_MANTISSA;
    const unsigned shift = below ? down + (unsigned)(1 - HALF_BIAS - exponent) : down;
    bool inexact, ignored;
    uint64_t r = round_shift(significand, shift, rounding, negative, &inexact);
    if (!below) r += (uint64_t)(exponent + HALF_BIAS - 1) << HALF_MANTISSA;
    if (r >= HALF_INF) {
        *flags |= MXCSR_OE | MXCSR_PE;
        return overflow(rounding, negative);
    }
    if (inexact) *flags |= MXCSR_PE;
    /* Tiny: still below the smallest normal number when rounded to full precision. */
    const bool full = exponent == -HALF_BIAS && round_shift(significand, down, rounding, negative, &ignored) >> (HALF_MANTISSA + 1);
    if (inexact && below && !full) *flags |= MXCSR_UE;
    return (uint16_t)r;
}

static uint16_t half_of(uint32_t x, unsigned imm8, uint32_t control, uint32_t *flags) {
    const uint16_t sign = (uint16_t)(x >> 16 & 0x8000);
    const enum rounding rounding =
        (enum rounding)(imm8 & 4 ? (control & MXCSR_RC) >> MXCSR_RC_SHIFT : imm8 & 3);
    if (fp_is_nan32(x)) {
        if (fp_is_snan32(x)) *flags |= MXCSR_IE;
        return sign | HALF_INF | HALF_QUIET | (uint16_t)(x >> 13 & 0x3ff);
    }
    if ((x & 0x7fffffff) == FP_INF32) return sign | HALF_INF;
    x = fp_daz32(x, control);
    if (fp_is_denormal32(x)) *flags |= MXCSR_DE;
    return x << 1 ? sign | half_of_finite(x, rounding, flags) : sign;
}

VEC3_XY(vcvtps2ph) {
    const uint32_t control = fp_control();
    uint32_t flags = 0;
    for (unsigned i = 0; i < n / 4; i++) d->u16[i] = half_of(b->u32[i], imm8, control, &flags);
    if (n == 16) d->u64[1] = 0;
    if (flags) fp_raise(flags);
}
