/* SPDX-License-Identifier: ISC */
/* ROUNDPS and its kin: to an integer in the same format. imm8: bits 1:0 rounding, bit 2 use MXCSR's, bit 3 no precision
 * exception. A signalling NaN is invalid; denormals are not reported. */
#include "cpu/interp/fp_round.h"
#include "cpu/interp/vec.h"

static enum rounding rounding_of(unsigned imm8, uint32_t control) {
    return (enum rounding)(imm8 & 4 ? (control & MXCSR_RC) >> MXCSR_RC_SHIFT : imm8 & 3);
}

/* The integer of fp_integer is below 2^(mantissa + 1) here, so one shift normalises it. */
#define ROUND(W) \
    static uint##W##_t round##W(uint##W##_t x, unsigned imm8, uint32_t control, uint32_t *flags) { \
        if (fp_exponent##W(x) >= FP_MANTISSA##W) { \
            if (fp_is_snan##W(x)) *flags |= MXCSR_IE; \
            return fp_is_nan##W(x) ? x | FP_QUIET##W : x; \
        } \
        const struct fp_integer r = fp_integer##W(fp_daz##W(x, control), rounding_of(imm8, control)); \
        if (r.inexact && !(imm8 & 8)) *flags |= MXCSR_PE; \
        const uint##W##_t sign = x & FP_SIGN##W; \
        if (r.magnitude == 0) return sign; \
        const int top = 63 - __builtin_clzll(r.magnitude); \
        const uint64_t exponent = (uint64_t)(top + FP_BIAS##W - 1); /* the leading bit adds the one */ \
        const uint64_t significand = top > FP_MANTISSA##W ? r.magnitude >> (top - FP_MANTISSA##W) \
                                                          : r.magnitude << (FP_MANTISSA##W - top); \
        return sign | (uint##W##_t)((exponent << FP_MANTISSA##W) + significand); \
    }

ROUND(32)
ROUND(64)

#define INSTANCES(suffix_packed, suffix_scalar, W) \
    VEC3_XY(round##suffix_packed) { \
        const uint32_t control = fp_control(); \
        uint32_t flags = 0; \
        for (unsigned i = 0; i < n * 8 / W; i++) d->u##W[i] = round##W(b->u##W[i], imm8, control, &flags); \
        if (flags) fp_raise(flags); \
    } \
    void vec_round##suffix_scalar(VEC_PARAMS_V3) { \
        uint32_t flags = 0; \
        vec_copy16(d, a); \
        d->u##W[0] = round##W(b->u##W[0], imm8, fp_control(), &flags); \
        if (flags) fp_raise(flags); \
    }

INSTANCES(ps, ss, 32)
INSTANCES(pd, sd, 64)
