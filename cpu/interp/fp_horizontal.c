/* SPDX-License-Identifier: ISC */
/* Horizontal sums and dot products: the order of their additions is part of the result. */
#include "cpu/interp/fp_scalar.h"
#include "cpu/interp/vec.h"

/* In each 16-byte lane the pairs of a, then the pairs of b. */
#define HORIZONTAL(name, W, operation) \
    VEC3_XY(name) { \
        enum { HALF = 64 / W }; \
        for (unsigned l = 0; l < n * 8 / W; l += 2 * HALF) \
            for (unsigned i = 0; i < 2 * HALF; i++) { \
                const uint##W##_t *from = i < HALF ? &a->u##W[l + 2 * i] : &b->u##W[l + 2 * (i - HALF)]; \
                d->u##W[l + i] = operation(from[0], from[1]); \
            } \
    }

HORIZONTAL(haddps, 32, fp_add32)
HORIZONTAL(haddpd, 64, fp_add64)
HORIZONTAL(hsubps, 32, fp_sub32)
HORIZONTAL(hsubpd, 64, fp_sub64)

/* imm8 bits 7:4 choose the products, bits 3:0 the result's lanes; the rest is zero. */
VEC3_XY(dpps) {
    for (unsigned l = 0; l < n / 4; l += 4) {
        uint32_t product[4];
        for (unsigned i = 0; i < 4; i++)
            product[i] = imm8 >> (4 + i) & 1 ? fp_mul32(a->u32[l + i], b->u32[l + i]) : 0;
        const uint32_t low = fp_add32(product[0], product[1]), high = fp_add32(product[2], product[3]);
        const uint32_t sum = fp_add32(low, high);
        for (unsigned i = 0; i < 4; i++) d->u32[l + i] = imm8 >> i & 1 ? sum : 0;
    }
}

void vec_dppd(VEC_PARAMS_V3) {
    uint64_t product[2];
    for (unsigned i = 0; i < 2; i++) product[i] = imm8 >> (4 + i) & 1 ? fp_mul64(a->u64[i], b->u64[i]) : 0;
    const uint64_t sum = fp_add64(product[0], product[1]);
    for (unsigned i = 0; i < 2; i++) d->u64[i] = imm8 >> i & 1 ? sum : 0;
}
