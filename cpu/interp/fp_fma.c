/* SPDX-License-Identifier: ISC */
/* Fused multiply-add: x * y + z with one rounding. In the three orders of a (second operand), b (third) and c (the result's
 * old value): 132 is c * b + a, 213 is a * c + b, 231 is a * b + c. Negation concerns neither NaN operands nor their
 * choice: the first NaN of x, y, z as written (SDM 1 14.5.3). */
#include "cpu/interp/fp_bits.h"
#include "cpu/interp/fp_fused.h"
#include "cpu/interp/vec.h"

#define FUSED(W, real, function) \
    static inline uint##W##_t fused##W(uint##W##_t x, uint##W##_t y, uint##W##_t z, bool negate, bool subtract) { \
        const real product = fp_real##W(negate ? x ^ FP_SIGN##W : x), sum = fp_real##W(subtract ? z ^ FP_SIGN##W : z); \
        const uint##W##_t r = fp_bits##W(function(product, fp_real##W(y), sum)); \
        if (__builtin_expect(!fp_is_nan##W(r), 1)) return r; \
        return fp_is_nan##W(x) || fp_is_nan##W(y) ? fp_nan_of##W(x, y) : fp_nan_of##W(z, z); \
    }

FUSED(32, float, fp_fused32)
FUSED(64, double, fp_fused64)

#define ORDER_132(W, i) c->u##W[i], b->u##W[i], a->u##W[i]
#define ORDER_213(W, i) a->u##W[i], c->u##W[i], b->u##W[i]
#define ORDER_231(W, i) a->u##W[i], b->u##W[i], c->u##W[i]

/* negate and subtract may depend on the lane i. */
#define PACKED(name, suffix, order, W, negate, subtract, n) \
    void vec_##name##order##suffix##_##n(VEC_PARAMS_V4) { \
        for (unsigned i = 0; i < n * 8 / W; i++) d->u##W[i] = fused##W(ORDER_##order(W, i), negate, subtract); \
    }
#define PACKED_ALL(name, order, negate, subtract) \
    PACKED(name, ps, order, 32, negate, subtract, 16) \
    PACKED(name, ps, order, 32, negate, subtract, 32) \
    PACKED(name, pd, order, 64, negate, subtract, 16) \
    PACKED(name, pd, order, 64, negate, subtract, 32)
#define SCALAR(name, suffix, order, W, negate, subtract) \
    void vec_##name##order##suffix(VEC_PARAMS_V4) { \
        vec_copy16(d, c); \
        d->u##W[0] = fused##W(ORDER_##order(W, 0), negate, subtract); \
    }
#define ORDERS(name, negate, subtract) \
    PACKED_ALL(name, 132, negate, subtract) \
    PACKED_ALL(name, 213, negate, subtract) \
    PACKED_ALL(name, 231, negate, subtract)
#define ORDERS_SCALAR(name, negate, subtract) \
    SCALAR(name, ss, 132, 32, negate, subtract) \
    SCALAR(name, ss, 213, 32, negate, subtract) \
    SCALAR(name, ss, 231, 32, negate, subtract) \
    SCALAR(name, sd, 132, 64, negate, subtract) \
    SCALAR(name, sd, 213, 64, negate, subtract) \
    SCALAR(name, sd, 231, 64, negate, subtract)

ORDERS(vfmadd, false, false)
ORDERS(vfmsub, false, true)
ORDERS(vfnmadd, true, false)
ORDERS(vfnmsub, true, true)
ORDERS(vfmaddsub, false, !(i & 1))
ORDERS(vfmsubadd, false, i & 1)
ORDERS_SCALAR(vfmadd, false, false)
ORDERS_SCALAR(vfmsub, false, true)
ORDERS_SCALAR(vfnmadd, true, false)
ORDERS_SCALAR(vfnmsub, true, true)
