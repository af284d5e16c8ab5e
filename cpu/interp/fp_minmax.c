/* SPDX-License-Identifier: ISC */
/* MIN and MAX: not symmetric. When either operand is a NaN, or both are zeros, the result is the second one unchanged;
 * a NaN of either kind is an invalid operation. With DAZ the result of a denormal operand is a zero of its sign. */
#include "cpu/interp/fp.h"
#include "cpu/interp/fp_bits.h"
#include "cpu/interp/vec.h"

#include <math.h>

/* The quiet comparison and an explicit flag, because compilers do not keep a signalling one apart. */
#define MINMAX(name, W, relation) \
    static inline uint##W##_t name##W(uint##W##_t a, uint##W##_t b) { \
        const __typeof__(fp_real##W(a)) x = fp_real##W(a), y = fp_real##W(b); \
        const uint##W##_t r = relation(x, y) ? a : b; \
        if (__builtin_expect(isunordered(x, y), 0)) fp_raise(MXCSR_IE); \
        if (__builtin_expect(fp_is_denormal##W(r), 0) && fp_control() & MXCSR_DAZ) return r & FP_SIGN##W; \
        return r; \
    }

#define INSTANCES(name, suffix_packed, suffix_scalar, W) \
    VEC3_XY(name##suffix_packed) { \
        for (unsigned i = 0; i < n * 8 / W; i++) d->u##W[i] = name##W(a->u##W[i], b->u##W[i]); \
    } \
    void vec_##name##suffix_scalar(VEC_PARAMS_V3) { \
        vec_copy16(d, a); \
        d->u##W[0] = name##W(a->u##W[0], b->u##W[0]); \
    }

MINMAX(min, 32, isless)
MINMAX(min, 64, isless)
MINMAX(max, 32, isgreater)
MINMAX(max, 64, isgreater)
INSTANCES(min, ps, ss, 32)
INSTANCES(min, pd, sd, 64)
INSTANCES(max, ps, ss, 32)
INSTANCES(max, pd, sd, 64)
