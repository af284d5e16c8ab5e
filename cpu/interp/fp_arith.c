/* SPDX-License-Identifier: ISC */
/* Add, subtract, multiply, divide, square root, scalar and packed. The host computes (see fp.h); a NaN result is then
 * chosen by x86's rule, because a C compiler is free to swap operands. */
#include "cpu/interp/fp_bits.h"
#include "cpu/interp/vec.h"

#include <math.h>

/* expression in x, y: reals. The NaN check is apart so that the first loop becomes one host instruction. */
#define PACKED(name, W, expression) \
    VEC3_XY(name) { \
        bool nan = false; \
        for (unsigned i = 0; i < n * 8 / W; i++) { \
            const __typeof__(d->f##W[0]) x = a->f##W[i], y = b->f##W[i]; \
            (void)x, (void)y; \
            d->f##W[i] = expression; \
        } \
        for (unsigned i = 0; i < n * 8 / W; i++) nan |= fp_is_nan##W(d->u##W[i]); \
        if (__builtin_expect(nan, 0)) fix_nans##W(d, a, b, n * 8 / W); \
    }
#define SCALAR(name, W, expression) \
    void vec_##name(VEC_PARAMS_V3) { \
        const __typeof__(d->f##W[0]) x = a->f##W[0], y = b->f##W[0]; \
        (void)x; \
        vec_copy16(d, a); \
        d->f##W[0] = expression; \
        if (__builtin_expect(fp_is_nan##W(d->u##W[0]), 0)) fix_nans##W(d, a, b, 1); \
    }
#define FIX_NANS(W) \
    static __attribute__((noinline)) void fix_nans##W(union vec *d, const union vec *a, const union vec *b, unsigned lanes) { \
        for (unsigned i = 0; i < lanes; i++) \
            if (fp_is_nan##W(d->u##W[i])) d->u##W[i] = fp_nan_of##W(a->u##W[i], b->u##W[i]); \
    } \
    /* of a square root */ \
    static __attribute__((noinline)) void fix_nans1_##W(union vec *d, const union vec *b, unsigned lanes) { \
        fix_nans##W(d, b, b, lanes); \
    }

FIX_NANS(32)
FIX_NANS(64)

PACKED(addps, 32, x + y)
PACKED(addpd, 64, x + y)
PACKED(subps, 32, x - y)
PACKED(subpd, 64, x - y)
PACKED(mulps, 32, x * y)
PACKED(mulpd, 64, x * y)
PACKED(divps, 32, x / y)
PACKED(divpd, 64, x / y)
/* One operation for each lane, by the sign: both and a choice would raise the exceptions of both. */
PACKED(addsubps, 32, x + fp_real32(b->u32[i] ^ (i & 1 ? 0 : FP_SIGN32)))
PACKED(addsubpd, 64, x + fp_real64(b->u64[i] ^ (i & 1 ? 0 : FP_SIGN64)))
SCALAR(addss, 32, x + y)
SCALAR(addsd, 64, x + y)
SCALAR(subss, 32, x - y)
SCALAR(subsd, 64, x - y)
SCALAR(mulss, 32, x * y)
SCALAR(mulsd, 64, x * y)
SCALAR(divss, 32, x / y)
SCALAR(divsd, 64, x / y)

#define SQUARE_ROOT(suffix_packed, suffix_scalar, W, root) \
    VEC3_XY(sqrt##suffix_packed) { \
        bool nan = false; \
        for (unsigned i = 0; i < n * 8 / W; i++) d->f##W[i] = root(b->f##W[i]); \
        for (unsigned i = 0; i < n * 8 / W; i++) nan |= fp_is_nan##W(d->u##W[i]); \
        if (__builtin_expect(nan, 0)) fix_nans1_##W(d, b, n * 8 / W); \
    } \
    void vec_sqrt##suffix_scalar(VEC_PARAMS_V3) { \
        vec_copy16(d, a); \
        d->f##W[0] = root(b->f##W[0]); \
        if (__builtin_expect(fp_is_nan##W(d->u##W[0]), 0)) fix_nans1_##W(d, b, 1); \
    }

SQUARE_ROOT(ps, ss, 32, sqrtf)
SQUARE_ROOT(pd, sd, 64, sqrt)
