/* SPDX-License-Identifier: ISC */
/* GFNI: bytes as elements of GF(2^8) modulo x^8 + x^4 + x^3 + x + 1, and affine maps by 8x8 bit matrices. Pure. */
#include "cpu/interp/vec.h"

static uint8_t multiply(uint8_t x, uint8_t y) {
    unsigned product = 0;
    for (unsigned i = 0; i < 8; i++) {
        if (y >> i & 1) product ^= x;
        x = (uint8_t)(x << 1 ^ (x >> 7) * 0x1b);
    }
    return (uint8_t)product;
}

/* x^254, which is the inverse, and 0 for 0. */
static uint8_t inverse(uint8_t x) {
    uint8_t result = 1;
    for (unsigned i = 1; i < 8; i++) {
        x = multiply(x, x);
        result = multiply(result, x);
    }
    return result;
}

/* Row 7 - i of the matrix (its byte 7 - i) gives bit i. */
static uint8_t affine(uint64_t matrix, uint8_t x, unsigned imm8) {
    unsigned result = imm8;
    for (unsigned i = 0; i < 8; i++)
        result ^= (unsigned)__builtin_parity((uint8_t)(matrix >> (8 * (7 - i))) & x) << i;
    return (uint8_t)result;
}

VEC3_XY(gf2p8mulb) {
    for (unsigned i = 0; i < n; i++) d->u8[i] = multiply(a->u8[i], b->u8[i]);
}

VEC3_XY(gf2p8affineqb) {
    for (unsigned i = 0; i < n; i++) d->u8[i] = affine(b->u64[i / 8], a->u8[i], imm8);
}

VEC3_XY(gf2p8affineinvqb) {
    for (unsigned i = 0; i < n; i++) d->u8[i] = affine(b->u64[i / 8], inverse(a->u8[i]), imm8);
}
