/* SPDX-License-Identifier: ISC */
/* Direct handlers of integer lane operations and shuffles; see vec_hot.h. */
#include "cpu/interp/vec.h"
#include "cpu/interp/vec_access.h"
#include "cpu/interp/vec_hot.h"
#include "cpu/interp/vec_lanes.h"

/* expression: the result, of vector type, in terms of a and b. */
#define HOT(name, lane, N, result, source, address_of_b, expression) \
    static const struct uop *name##_##result##_##source(struct cpu *cpu, const struct uop *u) { \
        union vec *ymm = cpu->state.ymm; \
        const void *p = address_of_b; \
        if (UNLIKELY(!p)) return vec3_handler[0][RESULT_##result][SOURCE_##source](cpu, u); \
        const vec##N##_##lane a = *(const vec##N##_##lane *)&ymm[u->src], b = *(const vec##N##_##lane *)p; \
        *(vec##N##_##lane *)&ymm[u->dst] = (vec##N##_##lane)(expression); \
        if (RESULT_##result == RESULT_ZERO) ymm[u->dst].u64[2] = ymm[u->dst].u64[3] = 0; \
        NEXT(cpu, u); \
    }

static inline const void *aligned_hit(struct cpu *cpu, uint64_t gva) {
    return gva & 15 ? NULL : tlb_read_hit(&cpu->tlb, gva, 16);
}

#define HOT_ALL(name, lane, expression) \
    HOT(name, lane, 16, KEEP, VEC, &ymm[u->src2], expression) \
    HOT(name, lane, 16, ZERO, VEC, &ymm[u->src2], expression) \
    HOT(name, lane, 32, FULL, VEC, &ymm[u->src2], expression) \
    HOT(name, lane, 16, KEEP, MEM16A, aligned_hit(cpu, uop_address(cpu, u)), expression) \
    HOT(name, lane, 16, ZERO, MEM16, tlb_read_hit(&cpu->tlb, uop_address(cpu, u), 16), expression) \
    HOT(name, lane, 32, FULL, MEM32, tlb_read_hit(&cpu->tlb, uop_address(cpu, u), 32), expression)

#define ENTRIES(name, lane, expression) \
    {vec_##name##_16, \
     {[RESULT_KEEP] = {[SOURCE_VEC] = name##_KEEP_VEC, [SOURCE_MEM16A] = name##_KEEP_MEM16A}, \
      [RESULT_ZERO] = {[SOURCE_VEC] = name##_ZERO_VEC, [SOURCE_MEM16] = name##_ZERO_MEM16}}}, \
    {vec_##name##_32, {[RESULT_FULL] = {[SOURCE_VEC] = name##_FULL_VEC, [SOURCE_MEM32] = name##_FULL_MEM32}}},

#define ROWS(X) \
    X(paddb, u8, a + b) \
    X(paddw, u16, a + b) \
    X(paddd, u32, a + b) \
    X(paddq, u64, a + b) \
    X(psubb, u8, a - b) \
    X(psubw, u16, a - b) \
    X(psubd, u32, a - b) \
    X(psubq, u64, a - b) \
    X(pand, u64, a & b) \
    X(pandn, u64, ~a & b) \
    X(por, u64, a | b) \
    X(pxor, u64, a ^ b) \
    X(pcmpeqb, u8, a == b) \
    X(pcmpeqw, u16, a == b) \
    X(pcmpeqd, u32, a == b) \
    X(pcmpgtb, i8, a > b) \
    X(pcmpgtw, i16, a > b) \
    X(pcmpgtd, i32, a > b) \
    X(pmullw, u16, a * b) \
    X(pminub, u8, (a & (lane_mask(a < b))) | (b & ~lane_mask(a < b))) \
    X(pmaxub, u8, (a & (lane_mask(a > b))) | (b & ~lane_mask(a > b)))

#define lane_mask(comparison) ((__typeof__(a))(comparison))

ROWS(HOT_ALL)

/* Shuffles of registers: element by element, all read before the first is written. */
#define SHUFFLE(name, result, w0, w1, w2, w3) \
    static const struct uop *name##_##result(struct cpu *cpu, const struct uop *u) { \
        union vec *ymm = cpu->state.ymm, *to = &ymm[u->dst]; \
        const union vec *a = &ymm[u->src], *b = &ymm[u->src2]; \
        const unsigned imm8 = u->imm8; \
        (void)a; \
        (void)imm8; \
        const uint32_t r0 = w0, r1 = w1, r2 = w2, r3 = w3; \
        to->u32[0] = r0; \
        to->u32[1] = r1; \
        to->u32[2] = r2; \
        to->u32[3] = r3; \
        if (RESULT_##result == RESULT_ZERO) to->u64[2] = to->u64[3] = 0; \
        NEXT(cpu, u); \
    }

#define SHUFFLES(X) \
    X(pshufd, b->u32[imm8 & 3], b->u32[imm8 >> 2 & 3], b->u32[imm8 >> 4 & 3], b->u32[imm8 >> 6]) \
    X(shufps, a->u32[imm8 & 3], a->u32[imm8 >> 2 & 3], b->u32[imm8 >> 4 & 3], b->u32[imm8 >> 6]) \
    X(punpckldq, a->u32[0], b->u32[0], a->u32[1], b->u32[1]) \
    X(punpcklqdq, a->u32[0], a->u32[1], b->u32[0], b->u32[1]) \
    X(punpckhqdq, a->u32[2], a->u32[3], b->u32[2], b->u32[3])

#define SHUFFLE_BOTH(name, ...) SHUFFLE(name, KEEP, __VA_ARGS__) SHUFFLE(name, ZERO, __VA_ARGS__)
SHUFFLES(SHUFFLE_BOTH)

#define SHUFFLE_ENTRY(name, ...) \
    {vec_##name##_16, {[RESULT_KEEP] = {[SOURCE_VEC] = name##_KEEP}, [RESULT_ZERO] = {[SOURCE_VEC] = name##_ZERO}}},

const struct vec_hot vec_hot_int[] = {ROWS(ENTRIES) SHUFFLES(SHUFFLE_ENTRY) {NULL, {{NULL}}}};
