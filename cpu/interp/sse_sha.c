/* SPDX-License-Identifier: ISC */
/* SHA-1 and SHA-256 steps. Word 3 of a register is the first in time for SHA-1 (A, or W0), word 0 for the SHA-256
 * message (SDM 2 SHA1RNDS4, SHA256RNDS2). Pure. */
#include "cpu/interp/vec.h"

static inline uint32_t rotate_left(uint32_t x, unsigned n) {
    return x << n | x >> (32 - n);
}

static inline uint32_t rotate_right(uint32_t x, unsigned n) {
    return x >> n | x << (32 - n);
}

static uint32_t sha1_function(unsigned which, uint32_t x, uint32_t y, uint32_t z) {
    switch (which) {
    case 0: return (x & y) ^ (~x & z);
    case 2: return (x & y) ^ (x & z) ^ (y & z);
    default: return x ^ y ^ z;
    }
}

void vec_sha1rnds4(VEC_PARAMS_V3) {
    static const uint32_t constant[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
    const unsigned which = imm8 & 3;
    uint32_t s[5] = {a->u32[3], a->u32[2], a->u32[1], a->u32[0], 0}; /* E comes with the first word of b */
    for (unsigned i = 0; i < 4; i++) {
        const uint32_t next = sha1_function(which, s[1], s[2], s[3]) + rotate_left(s[0], 5) + b->u32[3 - i] + s[4] +
                              constant[which];
        s[4] = s[3];
        s[3] = s[2];
        s[2] = rotate_left(s[1], 30);
        s[1] = s[0];
        s[0] = next;
    }
    for (unsigned i = 0; i < 4; i++) d->u32[3 - i] = s[i];
}

void vec_sha1nexte(VEC_PARAMS_V3) {
    vec_copy16(d, b);
    d->u32[3] += rotate_left(a->u32[3], 30);
}

void vec_sha1msg1(VEC_PARAMS_V3) {
    d->u64[1] = a->u64[1] ^ a->u64[0];
    d->u64[0] = a->u64[0] ^ b->u64[1];
}

void vec_sha1msg2(VEC_PARAMS_V3) {
    d->u32[3] = rotate_left(a->u32[3] ^ b->u32[2], 1);
    d->u32[2] = rotate_left(a->u32[2] ^ b->u32[1], 1);
    d->u32[1] = rotate_left(a->u32[1] ^ b->u32[0], 1);
    d->u32[0] = rotate_left(a->u32[0] ^ d->u32[3], 1);
}

/* a: C D G H from the top word down is u32[3..0] = C, D, G, H; b: A, B, E, F; c: the two words plus constants. */
void vec_sha256rnds2(VEC_PARAMS_V4) {
    uint32_t s[8] = {b->u32[3], b->u32[2], a->u32[3], a->u32[2], b->u32[1], b->u32[0], a->u32[1], a->u32[0]};
    for (unsigned i = 0; i < 2; i++) {
        const uint32_t sum1 = rotate_right(s[4], 6) ^ rotate_right(s[4], 11) ^ rotate_right(s[4], 25);
        const uint32_t sum0 = rotate_right(s[0], 2) ^ rotate_right(s[0], 13) ^ rotate_right(s[0], 22);
        const uint32_t choose = (s[4] & s[5]) ^ (~s[4] & s[6]), majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
        const uint32_t t = s[7] + sum1 + choose + c->u32[i];
        for (unsigned k = 7; k > 0; k--) s[k] = s[k - 1];
        s[4] += t;
        s[0] = t + sum0 + majority;
    }
    d->u32[3] = s[0];
    d->u32[2] = s[1];
    d->u32[1] = s[4];
    d->u32[0] = s[5];
}

void vec_sha256msg1(VEC_PARAMS_V3) {
    for (unsigned i = 0; i < 4; i++) {
        const uint32_t w = i < 3 ? a->u32[i + 1] : b->u32[0];
        d->u32[i] = a->u32[i] + (rotate_right(w, 7) ^ rotate_right(w, 18) ^ w >> 3);
    }
}

void vec_sha256msg2(VEC_PARAMS_V3) {
    for (unsigned i = 0; i < 4; i++) {
        const uint32_t w = i < 2 ? b->u32[i + 2] : d->u32[i - 2];
        d->u32[i] = a->u32[i] + (rotate_right(w, 17) ^ rotate_right(w, 19) ^ w >> 10);
    }
}
