/* SPDX-License-Identifier: ISC */
/* Shifts of all lanes by one count, the low 64 bits of b (an immediate stands there too), and of whole 16-byte lanes by
 * bytes. Pure. */
#include "cpu/interp/vec.h"

#define SHIFT(name, lane, bits, expression, overflow) \
    VEC3_MXY(name) { \
        const bool over = b->u64[0] >= bits; \
        const unsigned count = over ? bits - 1 : (unsigned)b->u64[0]; \
        for (unsigned i = 0; i < n * 8 / bits; i++) { \
            const __typeof__(d->lane[0]) x = a->lane[i]; \
            d->lane[i] = (__typeof__(d->lane[0]))(over ? (overflow) : (expression)); \
        } \
    }

SHIFT(psllw, u16, 16, (uint32_t)x << count, 0)
SHIFT(pslld, u32, 32, x << count, 0)
SHIFT(psllq, u64, 64, x << count, 0)
SHIFT(psrlw, u16, 16, x >> count, 0)
SHIFT(psrld, u32, 32, x >> count, 0)
SHIFT(psrlq, u64, 64, x >> count, 0)
SHIFT(psraw, i16, 16, x >> count, x >> count)
SHIFT(psrad, i32, 32, x >> count, x >> count)

/* The 16 bytes of lane starting `from` bytes into it; outside is zero. */
static inline void shift_lane(uint8_t *restrict d, const uint8_t *a, int from) {
    for (int i = 0; i < 16; i++) d[i] = i + from >= 0 && i + from < 16 ? a[i + from] : 0;
}

VEC3_XY(pslldq) {
    const int count = b->u64[0] > 16 ? 16 : (int)b->u64[0];
    for (unsigned l = 0; l < n; l += 16) shift_lane(d->u8 + l, a->u8 + l, -count);
}

VEC3_XY(psrldq) {
    const int count = b->u64[0] > 16 ? 16 : (int)b->u64[0];
    for (unsigned l = 0; l < n; l += 16) shift_lane(d->u8 + l, a->u8 + l, count);
}
