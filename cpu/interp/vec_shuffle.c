/* SPDX-License-Identifier: ISC */
/* Packing, unpacking, shuffles and blends, all inside one 16-byte lane (or the 8 bytes of MMX) at a time. Pure. */
#include "cpu/interp/vec.h"

static inline int clamp(int x, int low, int high) {
    return x < low ? low : x > high ? high : x;
}

/* Each lane: the narrowed elements of a, then those of b. */
#define PACK(instances, name, to, from, low, high) \
    instances(name) { \
        enum { SIZE = sizeof d->to[0] }; \
        const unsigned half = VEC_LANE(n) / SIZE / 2; \
        for (unsigned l = 0; l < n / SIZE; l += 2 * half) \
            for (unsigned i = 0; i < half; i++) { \
                d->to[l + i] = (__typeof__(d->to[0]))clamp(a->from[l / 2 + i], low, high); \
                d->to[l + half + i] = (__typeof__(d->to[0]))clamp(b->from[l / 2 + i], low, high); \
            } \
    }

PACK(VEC3_MXY, packsswb, i8, i16, INT8_MIN, INT8_MAX)
PACK(VEC3_MXY, packssdw, i16, i32, INT16_MIN, INT16_MAX)
PACK(VEC3_MXY, packuswb, u8, i16, 0, UINT8_MAX)
PACK(VEC3_XY, packusdw, u16, i32, 0, UINT16_MAX)

/* Each lane: elements of one half of a and b, alternating. */
#define UNPACK(instances, name, lane, upper) \
    instances(name) { \
        const unsigned half = VEC_LANE(n) / (unsigned)sizeof d->lane[0] / 2; \
        for (unsigned l = 0; l < n / sizeof d->lane[0]; l += 2 * half) \
            for (unsigned i = 0; i < half; i++) { \
                d->lane[l + 2 * i] = a->lane[l + upper * half + i]; \
                d->lane[l + 2 * i + 1] = b->lane[l + upper * half + i]; \
            } \
    }

UNPACK(VEC3_MXY, punpcklbw, u8, 0)
UNPACK(VEC3_MXY, punpcklwd, u16, 0)
UNPACK(VEC3_MXY, punpckldq, u32, 0)
UNPACK(VEC3_XY, punpcklqdq, u64, 0)
UNPACK(VEC3_MXY, punpckhbw, u8, 1)
UNPACK(VEC3_MXY, punpckhwd, u16, 1)
UNPACK(VEC3_MXY, punpckhdq, u32, 1)
UNPACK(VEC3_XY, punpckhqdq, u64, 1)

VEC3_MXY(pshufb) {
    const unsigned lane = VEC_LANE(n);
    for (unsigned i = 0; i < n; i++) {
        const uint8_t x = a->u8[(i & ~(lane - 1)) + (b->u8[i] & (lane - 1))];
        d->u8[i] = b->u8[i] & 0x80 ? 0 : x;
    }
}

/* Bytes imm8.. of b with a above it. */
VEC3_MXY(palignr) {
    const unsigned lane = VEC_LANE(n);
    for (unsigned l = 0; l < n; l += lane)
        for (unsigned i = 0; i < lane; i++) {
            const unsigned from = i + imm8;
            d->u8[l + i] = from < lane ? b->u8[l + from] : from < 2 * lane ? a->u8[l + from - lane] : 0;
        }
}

/* Four elements from src by the bit pairs of control. */
#define SHUFFLE4(dst, src, control) \
    do { \
        (dst)[0] = (src)[(control) & 3]; \
        (dst)[1] = (src)[(control) >> 2 & 3]; \
        (dst)[2] = (src)[(control) >> 4 & 3]; \
        (dst)[3] = (src)[(control) >> 6 & 3]; \
    } while (0)

void vec_pshufw(VEC_PARAMS_V3) {
    SHUFFLE4(d->u16, b->u16, imm8);
}

VEC3_XY(pshufd) {
    for (unsigned l = 0; l < n / 4; l += 4) SHUFFLE4(d->u32 + l, b->u32 + l, imm8);
}

VEC3_XY(pshuflw) {
    for (unsigned l = 0; l < n / 2; l += 8) {
        SHUFFLE4(d->u16 + l, b->u16 + l, imm8);
        d->u64[l / 4 + 1] = b->u64[l / 4 + 1];
    }
}

VEC3_XY(pshufhw) {
    for (unsigned l = 0; l < n / 2; l += 8) {
        d->u64[l / 4] = b->u64[l / 4];
        SHUFFLE4(d->u16 + l + 4, b->u16 + l + 4, imm8);
    }
}

VEC3_XY(shufps) {
    for (unsigned l = 0; l < n / 4; l += 4) {
        d->u32[l] = a->u32[l + (imm8 & 3)];
        d->u32[l + 1] = a->u32[l + (imm8 >> 2 & 3)];
        d->u32[l + 2] = b->u32[l + (imm8 >> 4 & 3)];
        d->u32[l + 3] = b->u32[l + (imm8 >> 6 & 3)];
    }
}

VEC3_XY(shufpd) {
    for (unsigned l = 0; l < n / 8; l += 2) {
        d->u64[l] = a->u64[l + (imm8 >> l & 1)];
        d->u64[l + 1] = b->u64[l + (imm8 >> (l + 1) & 1)];
    }
}

VEC3_XY(movsldup) {
    for (unsigned i = 0; i < n / 4; i++) d->u32[i] = b->u32[i & ~1u];
}

VEC3_XY(movshdup) {
    for (unsigned i = 0; i < n / 4; i++) d->u32[i] = b->u32[i | 1];
}

VEC3_XY(movddup) {
    for (unsigned i = 0; i < n / 8; i++) d->u64[i] = b->u64[i & ~1u];
}

/* The eight immediate bits serve both lanes of PBLENDW. */
VEC3_XY(pblendw) {
    for (unsigned i = 0; i < n / 2; i++) d->u16[i] = imm8 >> (i & 7) & 1 ? b->u16[i] : a->u16[i];
}

VEC3_XY(blendps) {
    for (unsigned i = 0; i < n / 4; i++) d->u32[i] = imm8 >> i & 1 ? b->u32[i] : a->u32[i];
}

VEC3_XY(blendpd) {
    for (unsigned i = 0; i < n / 8; i++) d->u64[i] = imm8 >> i & 1 ? b->u64[i] : a->u64[i];
}

#define BLENDV(name, lane, sign, size) \
    void vec_##name##_##size(VEC_PARAMS_V4) { \
        for (unsigned i = 0; i < size / sizeof d->lane[0]; i++) d->lane[i] = c->sign[i] < 0 ? b->lane[i] : a->lane[i]; \
    }

BLENDV(pblendvb, u8, i8, 16)
BLENDV(pblendvb, u8, i8, 32)
BLENDV(blendvps, u32, i32, 16)
BLENDV(blendvps, u32, i32, 32)
BLENDV(blendvpd, u64, i64, 16)
BLENDV(blendvpd, u64, i64, 32)
