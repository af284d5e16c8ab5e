/* SPDX-License-Identifier: ISC */
/* PCLMULQDQ: the product of two polynomials over GF(2), one 64-bit half of each operand. Pure. */
#include "cpu/interp/vec.h"

static void multiply(uint64_t *restrict d, uint64_t x, uint64_t y) {
    uint64_t low = 0, high = 0;
    for (unsigned i = 0; i < 64; i++) {
        const uint64_t mask = 0 - (y >> i & 1);
        low ^= x << i & mask;
        high ^= x >> 1 >> (63 - i) & mask;
    }
    d[0] = low;
    d[1] = high;
}

VEC3_XY(pclmulqdq) {
    for (unsigned l = 0; l < n / 8; l += 2) multiply(d->u64 + l, a->u64[l + (imm8 & 1)], b->u64[l + (imm8 >> 4 & 1)]);
}
