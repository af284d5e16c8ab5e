/* SPDX-License-Identifier: ISC */
/* Direct handlers of packed floating-point arithmetic; see vec_hot.h and fp_hot.c. */
#include "cpu/interp/fp.h"
#include "cpu/interp/fp_bits.h"
#include "cpu/interp/vec.h"
#include "cpu/interp/vec_access.h"
#include "cpu/interp/vec_hot.h"
#include "cpu/interp/vec_lanes.h"

/* True if some lane has the largest exponent: a NaN, or an infinity, which the shared handler does as well. By pointer: clang
 * passes no 32-byte vectors without AVX. */
ALWAYS_INLINE bool special32(const uint64_t *q, unsigned n) {
    uint64_t carries = 0; /* adding the smallest exponent to the largest overflows into the sign, taken away before */
    for (unsigned i = 0; i < n / 8; i++) carries |= (q[i] & 0x7fffffff7fffffff) + 0x0080000000800000;
    return carries & 0x8000000080000000;
}

ALWAYS_INLINE bool special64(const uint64_t *q, unsigned n) {
    uint64_t carries = 0;
    for (unsigned i = 0; i < n / 8; i++) carries |= (q[i] & ~FP_SIGN64) + 0x0010000000000000;
    return carries & FP_SIGN64;
}

static inline const void *aligned_hit(struct cpu *cpu, uint64_t gva) {
    return gva & 15 ? NULL : tlb_read_hit(&cpu->tlb, gva, 16);
}

#define HOT(name, W, N, result, source, address_of_b, operator) \
    static const struct uop *name##_##result##_##source(struct cpu *cpu, const struct uop *u) { \
        union vec *ymm = cpu->state.ymm; \
        const void *p = address_of_b; \
        if (UNLIKELY(!p || fp_unmasked(cpu))) return vec3_handler[1][RESULT_##result][SOURCE_##source](cpu, u); \
        const vec##N##_f##W a = *(const vec##N##_f##W *)&ymm[u->src], b = *(const vec##N##_f##W *)p, r = a operator b; \
        uint64_t q[N / 8]; \
        memcpy(q, &r, N); \
        if (UNLIKELY(special##W(q, N))) return vec3_handler[1][RESULT_##result][SOURCE_##source](cpu, u); \
        *(vec##N##_f##W *)&ymm[u->dst] = r; \
        if (RESULT_##result == RESULT_ZERO) ymm[u->dst].u64[2] = ymm[u->dst].u64[3] = 0; \
        NEXT(cpu, u); \
    }
#define HOT_ALL(name, W, operator) \
    HOT(name, W, 16, KEEP, VEC, &ymm[u->src2], operator) \
    HOT(name, W, 16, ZERO, VEC, &ymm[u->src2], operator) \
    HOT(name, W, 32, FULL, VEC, &ymm[u->src2], operator) \
    HOT(name, W, 16, KEEP, MEM16A, aligned_hit(cpu, uop_address(cpu, u)), operator) \
    HOT(name, W, 16, ZERO, MEM16, tlb_read_hit(&cpu->tlb, uop_address(cpu, u), 16), operator) \
    HOT(name, W, 32, FULL, MEM32, tlb_read_hit(&cpu->tlb, uop_address(cpu, u), 32), operator)
#define ENTRIES(name, W, operator) \
    {vec_##name##_16, \
     {[RESULT_KEEP] = {[SOURCE_VEC] = name##_KEEP_VEC, [SOURCE_MEM16A] = name##_KEEP_MEM16A}, \
      [RESULT_ZERO] = {[SOURCE_VEC] = name##_ZERO_VEC, [SOURCE_MEM16] = name##_ZERO_MEM16}}}, \
    {vec_##name##_32, {[RESULT_FULL] = {[SOURCE_VEC] = name##_FULL_VEC, [SOURCE_MEM32] = name##_FULL_MEM32}}},

#define ROWS(X) \
    X(addps, 32, +) X(addpd, 64, +) X(subps, 32, -) X(subpd, 64, -) X(mulps, 32, *) X(mulpd, 64, *) X(divps, 32, /) \
    X(divpd, 64, /)
ROWS(HOT_ALL)

const struct vec_hot vec_hot_packed[] = {ROWS(ENTRIES) {NULL, {{NULL}}}};
