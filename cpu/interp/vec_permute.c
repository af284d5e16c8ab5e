/* SPDX-License-Identifier: ISC */
/* Permutations across lanes, broadcasts, insertion and extraction, sign masks and bit tests. Pure. */
#include "cpu/interp/vec.h"

#include "cpu/flags.h"

void vec_movhlps(VEC_PARAMS_V3) {
    d->u64[0] = b->u64[1];
    d->u64[1] = a->u64[1];
}

void vec_movlhps(VEC_PARAMS_V3) {
    d->u64[0] = a->u64[0];
    d->u64[1] = b->u64[0];
}

#define INSERT(name, lane, index_mask) \
    void vec_##name(VEC_PARAMS_V3) { \
        vec_copy16(d, a); \
        d->lane[imm8 & (index_mask)] = b->lane[0]; \
    }

INSERT(pinsrb, u8, 15)
INSERT(pinsrd, u32, 3)
INSERT(pinsrq, u64, 1)
INSERT(pinsrw, u16, 7)

/* A memory operand was loaded to lane 0, and the source selector is then not used: the lowering cleared it. */
void vec_insertps(VEC_PARAMS_V3) {
    vec_copy16(d, a);
    d->u32[imm8 >> 4 & 3] = b->u32[imm8 >> 6 & 3];
    for (unsigned i = 0; i < 4; i++)
        if (imm8 >> i & 1) d->u32[i] = 0;
}

void vec_vinsertf128(VEC_PARAMS_V3) {
    *d = *a;
    d->u64[(imm8 & 1) * 2] = b->u64[0];
    d->u64[(imm8 & 1) * 2 + 1] = b->u64[1];
}

void vec_vextractf128(VEC_PARAMS_V3) {
    d->u64[0] = b->u64[(imm8 & 1) * 2];
    d->u64[1] = b->u64[(imm8 & 1) * 2 + 1];
}

void vec_vperm2f128(VEC_PARAMS_V3) {
    for (unsigned i = 0; i < 2; i++) {
        const unsigned control = imm8 >> (4 * i);
        const uint64_t *from = (control & 2 ? b : a)->u64 + (control & 1) * 2;
        d->u64[2 * i] = control & 8 ? 0 : from[0];
        d->u64[2 * i + 1] = control & 8 ? 0 : from[1];
    }
}

void vec_vpermps(VEC_PARAMS_V3) {
    for (unsigned i = 0; i < 8; i++) d->u32[i] = b->u32[a->u32[i] & 7];
}

void vec_vpermpd(VEC_PARAMS_V3) {
    for (unsigned i = 0; i < 4; i++) d->u64[i] = b->u64[imm8 >> (2 * i) & 3];
}

VEC3_XY(vpermilps) {
    for (unsigned i = 0; i < n / 4; i++) d->u32[i] = a->u32[(i & ~3u) + (b->u32[i] & 3)];
}

VEC3_XY(vpermilpd) {
    for (unsigned i = 0; i < n / 8; i++) d->u64[i] = a->u64[(i & ~1u) + (b->u64[i] >> 1 & 1)];
}

VEC3_XY(vpermilps_imm) {
    for (unsigned i = 0; i < n / 4; i++) d->u32[i] = b->u32[(i & ~3u) + (imm8 >> (2 * (i & 3)) & 3)];
}

VEC3_XY(vpermilpd_imm) {
    for (unsigned i = 0; i < n / 8; i++) d->u64[i] = b->u64[(i & ~1u) + (imm8 >> i & 1)];
}

#define BROADCAST(name, lane) \
    VEC3_XY(name) { \
        for (unsigned i = 0; i < n / sizeof d->lane[0]; i++) d->lane[i] = b->lane[0]; \
    }

BROADCAST(vpbroadcastb, u8)
BROADCAST(vpbroadcastw, u16)
BROADCAST(vbroadcastss, u32)
BROADCAST(vbroadcastsd, u64)

void vec_vbroadcastf128(VEC_PARAMS_V3) {
    for (unsigned i = 0; i < 4; i++) d->u64[i] = b->u64[i & 1];
}

#define EXTRACT(name, lane, index_mask) \
    uint64_t vec_##name(const union vec *b, unsigned imm8) { \
        return b->lane[imm8 & (index_mask)]; \
    }

EXTRACT(pextrb, u8, 15)
EXTRACT(pextrd, u32, 3)
EXTRACT(pextrq, u64, 1)
EXTRACT(pextrw, u16, 7)
EXTRACT(extractps, u32, 3)

#define SIGNS(name, lane, size) \
    uint64_t vec_##name##_##size(const union vec *b, unsigned imm8) { \
        uint64_t mask = 0; \
        for (unsigned i = 0; i < size / sizeof b->lane[0]; i++) mask |= (uint64_t)(b->lane[i] < 0) << i; \
        return mask; \
    }

SIGNS(movmskps, i32, 16)
SIGNS(movmskps, i32, 32)
SIGNS(movmskpd, i64, 16)
SIGNS(movmskpd, i64, 32)

/* Gathers the top bits of 8 bytes: each partial product puts one of them into the top byte, without carries. */
static uint64_t byte_signs(uint64_t x) {
    return ((x & 0x8080808080808080) >> 7) * 0x0102040810204080 >> 56;
}

uint64_t vec_pmovmskb_8(const union vec *b, unsigned imm8) {
    return byte_signs(b->u64[0]);
}

uint64_t vec_pmovmskb_16(const union vec *b, unsigned imm8) {
    return byte_signs(b->u64[0]) | byte_signs(b->u64[1]) << 8;
}

uint64_t vec_pmovmskb_32(const union vec *b, unsigned imm8) {
    return vec_pmovmskb_16(b, 0) | byte_signs(b->u64[2]) << 16 | byte_signs(b->u64[3]) << 24;
}

/* ZF: no bit of the mask in a & b; CF: none in ~a & b. */
static void test_bits(struct cpu_state *s, const union vec *a, const union vec *b, uint64_t mask, unsigned n) {
    uint64_t both = 0, only = 0;
    for (unsigned i = 0; i < n / 8; i++) {
        both |= a->u64[i] & b->u64[i] & mask;
        only |= ~a->u64[i] & b->u64[i] & mask;
    }
    rflags_set_arith(s, (both ? 0 : RFLAGS_ZF) | (only ? 0 : RFLAGS_CF));
}

#define TEST(name, mask) \
    void vec_##name##_16(struct cpu_state *s, const union vec *a, const union vec *b) { test_bits(s, a, b, mask, 16); } \
    void vec_##name##_32(struct cpu_state *s, const union vec *a, const union vec *b) { test_bits(s, a, b, mask, 32); }

TEST(ptest, UINT64_MAX)
TEST(vtestps, 0x8000000080000000)
TEST(vtestpd, 0x8000000000000000)
