/* SPDX-License-Identifier: ISC */
/* Integer operations whose result lanes join several source lanes or have another width: multiply-add, sums of
 * differences, horizontal sums, extensions. Pure. */
#include "cpu/interp/vec.h"

static inline int16_t saturate16(int x) {
    return (int16_t)(x < INT16_MIN ? INT16_MIN : x > INT16_MAX ? INT16_MAX : x);
}

static inline unsigned distance(uint8_t x, uint8_t y) {
    return x > y ? x - y : y - x;
}

VEC3_MXY(pmaddwd) {
    for (unsigned i = 0; i < n / 4; i++)
        d->u32[i] = (uint32_t)(a->i16[2 * i] * b->i16[2 * i]) +
                    (uint32_t)(a->i16[2 * i + 1] * b->i16[2 * i + 1]);
}

VEC3_MXY(pmaddubsw) {
    for (unsigned i = 0; i < n / 2; i++)
        d->i16[i] = saturate16(a->u8[2 * i] * b->i8[2 * i] + a->u8[2 * i + 1] * b->i8[2 * i + 1]);
}

VEC3_MXY(psadbw) {
    for (unsigned i = 0; i < n / 8; i++) {
        unsigned sum = 0;
        for (unsigned k = 8 * i; k < 8 * i + 8; k++) sum += distance(a->u8[k], b->u8[k]);
        d->u64[i] = sum;
    }
}

/* The upper lane has its own three immediate bits. */
VEC3_XY(mpsadbw) {
    for (unsigned l = 0; l < n; l += 16) {
        const unsigned control = imm8 >> (l ? 3 : 0);
        const uint8_t *x = a->u8 + l + (control & 4), *y = b->u8 + l + (control & 3) * 4;
        for (unsigned i = 0; i < 8; i++)
            d->u16[l / 2 + i] = (uint16_t)(distance(x[i], y[0]) + distance(x[i + 1], y[1]) +
                                           distance(x[i + 2], y[2]) + distance(x[i + 3], y[3]));
    }
}

void vec_phminposuw(VEC_PARAMS_V3) {
    unsigned least = 0;
    for (unsigned i = 1; i < 8; i++)
        if (b->u16[i] < b->u16[least]) least = i;
    d->u64[0] = b->u16[least] | (uint64_t)least << 16;
    d->u64[1] = 0;
}

/* In each lane the pairs of a, then the pairs of b. */
#define HORIZONTAL(name, lane, expression) \
    VEC3_MXY(name) { \
        enum { SIZE = sizeof d->lane[0] }; \
        const unsigned half = VEC_LANE(n) / SIZE / 2; \
        for (unsigned l = 0; l < n / SIZE; l += 2 * half) \
            for (unsigned i = 0; i < 2 * half; i++) { \
                const union vec *from = i < half ? a : b; \
                const unsigned k = l + 2 * (i < half ? i : i - half); \
                const __typeof__(d->lane[0]) x = from->lane[k], y = from->lane[k + 1]; \
                d->lane[l + i] = (__typeof__(d->lane[0]))(expression); \
            } \
    }

HORIZONTAL(phaddw, u16, x + y)
HORIZONTAL(phaddd, u32, x + y)
HORIZONTAL(phaddsw, i16, saturate16(x + y))
HORIZONTAL(phsubw, u16, x - y)
HORIZONTAL(phsubd, u32, x - y)
HORIZONTAL(phsubsw, i16, saturate16(x - y))

#define EXTEND(name, to, from) \
    VEC3_XY(name) { \
        for (unsigned i = 0; i < n / sizeof d->to[0]; i++) d->to[i] = (__typeof__(d->to[0]))b->from[i]; \
    }

EXTEND(pmovsxbw, i16, i8)
EXTEND(pmovsxbd, i32, i8)
EXTEND(pmovsxbq, i64, i8)
EXTEND(pmovsxwd, i32, i16)
EXTEND(pmovsxwq, i64, i16)
EXTEND(pmovsxdq, i64, i32)
EXTEND(pmovzxbw, u16, u8)
EXTEND(pmovzxbd, u32, u8)
EXTEND(pmovzxbq, u64, u8)
EXTEND(pmovzxwd, u32, u16)
EXTEND(pmovzxwq, u64, u16)
EXTEND(pmovzxdq, u64, u32)
