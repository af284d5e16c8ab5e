/* SPDX-License-Identifier: ISC */
/* Conversions between reals and integers and between the two real formats. Real to integer: out of range and NaN give the
 * integer indefinite (only the top bit set) and invalid; an inexact result raises precision; denormals are not reported. */
#include "cpu/interp/fp_round.h"
#include "cpu/interp/vec.h"

/* W: format of the real. width: bits of the integer, 32 or 64; the result is sign-extended. */
#define TO_INTEGER(W, real) \
    static __attribute__((noinline)) int64_t integer##W(uint##W##_t x, unsigned width, uint32_t control, \
                                                        enum rounding rounding) { \
        const int64_t indefinite = width == 64 ? INT64_MIN : INT32_MIN; \
        const uint64_t limit = (uint64_t)1 << (width - 1); \
        struct fp_integer r = {0}; \
        const bool huge = fp_exponent##W(x) >= 64; \
        if (!huge) r = fp_integer##W(fp_daz##W(x, control), rounding); \
        if (huge || r.magnitude > limit - !r.negative) { \
            fp_raise(MXCSR_IE); \
            return indefinite; \
        } \
        if (r.inexact) fp_raise(MXCSR_PE); \
        return r.negative ? (int64_t)(0 - r.magnitude) : (int64_t)r.magnitude; \
    } \
    static inline int64_t convert##W(uint##W##_t x, unsigned width) { \
        const uint32_t control = fp_control(); \
        return integer##W(x, width, control, (enum rounding)((control & MXCSR_RC) >> MXCSR_RC_SHIFT)); \
    } \
    /* In range the host's own conversion truncates and raises precision. */ \
    static inline int64_t truncate##W(uint##W##_t x, unsigned width) { \
        if (__builtin_expect(fp_exponent##W(x) >= (int)width - 1, 0)) \
            return integer##W(x, width, fp_control(), ROUND_ZERO); \
        return width == 64 ? (int64_t)fp_real##W(x) : (int32_t)fp_real##W(x); \
    }

TO_INTEGER(32, float)
TO_INTEGER(64, double)

#define TO_GPR(name, function, W) \
    uint64_t vec_##name(const union vec *b, unsigned imm8) { \
        return (uint64_t)function(b->u##W[0], imm8 == 8 ? 64 : 32); \
    }

TO_GPR(cvtss2si, convert32, 32)
TO_GPR(cvtsd2si, convert64, 64)
TO_GPR(cvttss2si, truncate32, 32)
TO_GPR(cvttsd2si, truncate64, 64)

/* Four-byte results of n bytes of source; those of doubles fill half a register and zero the other half of 16 bytes. */
#define TO_LANES(name, function, W) \
    VEC3_XY(name) { \
        for (unsigned i = 0; i < n * 8 / W; i++) d->i32[i] = (int32_t)function(b->u##W[i], 32); \
        if (W == 64 && n == 16) d->u64[1] = 0; \
    }

TO_LANES(cvtps2dq, convert32, 32)
TO_LANES(cvttps2dq, truncate32, 32)
TO_LANES(cvtpd2dq, convert64, 64)
TO_LANES(cvttpd2dq, truncate64, 64)

#define TO_MMX(name, function, W) \
    void vec_##name(VEC_PARAMS_V3) { \
        for (unsigned i = 0; i < 2; i++) d->i32[i] = (int32_t)function(b->u##W[i], 32); \
    }

TO_MMX(cvtps2pi, convert32, 32)
TO_MMX(cvttps2pi, truncate32, 32)
TO_MMX(cvtpd2pi, convert64, 64)
TO_MMX(cvttpd2pi, truncate64, 64)

void vec_cvtpi2ps(VEC_PARAMS_V3) {
    d->f32[0] = (float)b->i32[0];
    d->f32[1] = (float)b->i32[1];
    d->u64[1] = a->u64[1];
}

void vec_cvtpi2pd(VEC_PARAMS_V3) {
    d->f64[0] = b->i32[0];
    d->f64[1] = b->i32[1];
}

VEC3_XY(cvtdq2ps) {
    for (unsigned i = 0; i < n / 4; i++) d->f32[i] = (float)b->i32[i];
}

VEC3_XY(cvtdq2pd) {
    for (unsigned i = 0; i < n / 8; i++) d->f64[i] = b->i32[i];
}

/* imm8: bytes of the integer. */
void vec_cvtsi2ss(VEC_PARAMS_V3) {
    vec_copy16(d, a);
    d->f32[0] = imm8 == 8 ? (float)b->i64[0] : (float)b->i32[0];
}

void vec_cvtsi2sd(VEC_PARAMS_V3) {
    vec_copy16(d, a);
    d->f64[0] = imm8 == 8 ? (double)b->i64[0] : (double)b->i32[0];
}

/* The host converts; NaNs keep the upper bits of their payload and become quiet on every IEEE host. */
static inline uint64_t widen(uint32_t x) {
    if (__builtin_expect(!fp_is_nan32(x), 1)) return fp_bits64((double)fp_real32(x));
    if (fp_is_snan32(x)) fp_raise(MXCSR_IE);
    return (uint64_t)(x >> 31) << 63 | FP_INF64 | FP_QUIET64 | (uint64_t)(x & 0x7fffff) << 29;
}

static inline uint32_t narrow(uint64_t x) {
    if (__builtin_expect(!fp_is_nan64(x), 1)) return fp_bits32((float)fp_real64(x));
    if (fp_is_snan64(x)) fp_raise(MXCSR_IE);
    return (uint32_t)(x >> 63) << 31 | FP_INF32 | FP_QUIET32 | (uint32_t)(x >> 29 & 0x7fffff);
}

void vec_cvtss2sd(VEC_PARAMS_V3) {
    vec_copy16(d, a);
    d->u64[0] = widen(b->u32[0]);
}

void vec_cvtsd2ss(VEC_PARAMS_V3) {
    vec_copy16(d, a);
    d->u32[0] = narrow(b->u64[0]);
}

VEC3_XY(cvtps2pd) {
    for (unsigned i = 0; i < n / 8; i++) d->u64[i] = widen(b->u32[i]);
}

VEC3_XY(cvtpd2ps) {
    for (unsigned i = 0; i < n / 8; i++) d->u32[i] = narrow(b->u64[i]);
    if (n == 16) d->u64[1] = 0;
}
