/* SPDX-License-Identifier: ISC */
/* Direct handlers of scalar floating point; see vec_hot.h. Whether an exception is unmasked is asked before the operation, so
 * that the shared handler finds the host's sticky flags as they were. */
#include "cpu/interp/fp.h"
#include "cpu/interp/fp_bits.h"
#include "cpu/interp/fp_fused.h"
#include "cpu/interp/vec.h"
#include "cpu/interp/vec_access.h"
#include "cpu/interp/vec_hot.h"

#include <math.h>

/* The rest of the 16 bytes comes from src, which in the legacy encoding is dst itself. */
ALWAYS_INLINE void merge(struct cpu *cpu, const struct uop *u, enum vec_result result, unsigned size) {
    union vec *to = &cpu->state.ymm[u->dst];
    const union vec *from = &cpu->state.ymm[u->src];
    if (result != RESULT_ZERO) return;
    to->u64[1] = from->u64[1];
    if (size == 4) to->u32[1] = from->u32[1];
    to->u64[2] = to->u64[3] = 0;
}

#define ADDRESS_VEC(N) (const void *)&cpu->state.ymm[u->src2]
#define ADDRESS_MEM(N) tlb_read_hit(&cpu->tlb, uop_address(cpu, u), N)
#define ADDRESS_GPR(N) (const void *)&cpu->state.gpr[u->src2]

/* D: width of the result; from: type of b. expression in x (a's lane, of the result's type) and y. */
#define HOT(name, D, from, result, source, expression) \
    static const struct uop *name##_##result##_##source(struct cpu *cpu, const struct uop *u) { \
        const void *p = ADDRESS_##source(sizeof(from)); \
        if (UNLIKELY(!p || fp_unmasked(cpu))) return vec3_handler[1][RESULT_##result][SOURCE_##source](cpu, u); \
        const __typeof__(fp_real##D(0)) x = cpu->state.ymm[u->src].f##D[0]; \
        from y; \
        memcpy(&y, p, sizeof y); \
        (void)x; \
        const uint##D##_t r = fp_bits##D(expression); \
        if (UNLIKELY(fp_is_nan##D(r))) return vec3_handler[1][RESULT_##result][SOURCE_##source](cpu, u); \
        merge(cpu, u, RESULT_##result, D / 8); \
        cpu->state.ymm[u->dst].u##D[0] = r; \
        NEXT(cpu, u); \
    }

#define ROWS(X) \
    X(addss, 32, float, x + y) \
    X(addsd, 64, double, x + y) \
    X(subss, 32, float, x - y) \
    X(subsd, 64, double, x - y) \
    X(mulss, 32, float, x * y) \
    X(mulsd, 64, double, x * y) \
    X(divss, 32, float, x / y) \
    X(divsd, 64, double, x / y) \
    X(sqrtss, 32, float, sqrtf(y)) \
    X(sqrtsd, 64, double, sqrt(y)) \
    X(cvtss2sd, 64, float, (double)y) \
    X(cvtsd2ss, 32, double, (float)y)

#define HOT_ALL(name, D, from, expression) \
    HOT(name, D, from, KEEP, VEC, expression) \
    HOT(name, D, from, KEEP, MEM, expression) \
    HOT(name, D, from, ZERO, VEC, expression) \
    HOT(name, D, from, ZERO, MEM, expression)
ROWS(HOT_ALL)

#define ENTRY(name, ...) \
    {vec_##name, \
     {[RESULT_KEEP] = {[SOURCE_VEC] = name##_KEEP_VEC, [SOURCE_MEM] = name##_KEEP_MEM}, \
      [RESULT_ZERO] = {[SOURCE_VEC] = name##_ZERO_VEC, [SOURCE_MEM] = name##_ZERO_MEM}}},

/* From a general register; imm8 is the size of its part. */
HOT(cvtsi2sd, 64, int64_t, KEEP, GPR, u->imm8 == 8 ? (double)y : (double)(int32_t)y)
HOT(cvtsi2sd, 64, int64_t, ZERO, GPR, u->imm8 == 8 ? (double)y : (double)(int32_t)y)
HOT(cvtsi2ss, 32, int64_t, KEEP, GPR, u->imm8 == 8 ? (float)y : (float)(int32_t)y)
HOT(cvtsi2ss, 32, int64_t, ZERO, GPR, u->imm8 == 8 ? (float)y : (float)(int32_t)y)
#define ENTRY_GPR(name) \
    {vec_##name, {[RESULT_KEEP] = {[SOURCE_GPR] = name##_KEEP_GPR}, [RESULT_ZERO] = {[SOURCE_GPR] = name##_ZERO_GPR}}},

/* Fused, scalar double and single. x, y: the lanes of a and b; z: of the result's old value. */
#define FUSED(name, W, source, expression) \
    static const struct uop *name##_##source(struct cpu *cpu, const struct uop *u) { \
        const void *p = ADDRESS_##source(W / 8); \
        if (UNLIKELY(!p || fp_unmasked(cpu))) return vec4_handler[1][RESULT_ZERO][SOURCE_##source](cpu, u); \
        union vec *to = &cpu->state.ymm[u->dst]; \
        const __typeof__(fp_real##W(0)) x = cpu->state.ymm[u->src].f##W[0], z = to->f##W[0]; \
        __typeof__(fp_real##W(0)) y; \
        memcpy(&y, p, sizeof y); \
        const uint##W##_t r = fp_bits##W(expression); \
        if (UNLIKELY(fp_is_nan##W(r))) return vec4_handler[1][RESULT_ZERO][SOURCE_##source](cpu, u); \
        to->u##W[0] = r; \
        to->u64[2] = to->u64[3] = 0; \
        NEXT(cpu, u); \
    }

#define ORDERS(X, name, suffix, W, function, x_sign, z_sign) \
    X(name##132##suffix, W, function(x_sign z, y, z_sign x)) \
    X(name##213##suffix, W, function(x_sign x, z, z_sign y)) \
    X(name##231##suffix, W, function(x_sign x, y, z_sign z))
#define FUSED_ROWS(X) \
    ORDERS(X, vfmadd, sd, 64, fp_fused64, +, +) \
    ORDERS(X, vfmsub, sd, 64, fp_fused64, +, -) \
    ORDERS(X, vfnmadd, sd, 64, fp_fused64, -, +) \
    ORDERS(X, vfnmsub, sd, 64, fp_fused64, -, -) \
    ORDERS(X, vfmadd, ss, 32, fp_fused32, +, +) \
    ORDERS(X, vfmsub, ss, 32, fp_fused32, +, -) \
    ORDERS(X, vfnmadd, ss, 32, fp_fused32, -, +) \
    ORDERS(X, vfnmsub, ss, 32, fp_fused32, -, -)
#define FUSED_BOTH(name, W, expression) FUSED(name, W, VEC, expression) FUSED(name, W, MEM, expression)
FUSED_ROWS(FUSED_BOTH)
#define FUSED_ENTRY(name, W, expression) \
    {vec_##name, {[RESULT_ZERO] = {[SOURCE_VEC] = name##_VEC, [SOURCE_MEM] = name##_MEM}}},

const struct vec_hot vec_hot_scalar[] = {ROWS(ENTRY) ENTRY_GPR(cvtsi2sd) ENTRY_GPR(cvtsi2ss) FUSED_ROWS(FUSED_ENTRY)
                                         {NULL, {{NULL}}}};

/* Truncation to a general register: in range only. imm8 is the size of the result. */
#define TRUNCATE(name, W, source) \
    static const struct uop *name##_##source(struct cpu *cpu, const struct uop *u) { \
        const void *p = ADDRESS_##source(W / 8); \
        if (UNLIKELY(!p || fp_unmasked(cpu))) return vec_value_handler[1][VALUE_GPR][SOURCE_##source](cpu, u); \
        uint##W##_t y; \
        memcpy(&y, p, sizeof y); \
        const uint##W##_t limit = u->imm8 == 8 ? fp_bits##W(0x1p63) : fp_bits##W(0x1p31); \
        if (UNLIKELY((y & ~FP_SIGN##W) >= limit)) return vec_value_handler[1][VALUE_GPR][SOURCE_##source](cpu, u); \
        const int64_t r = (int64_t)fp_real##W(y); \
        cpu->state.gpr[u->dst] = u->imm8 == 8 ? (uint64_t)r : (uint32_t)r; \
        NEXT(cpu, u); \
    }
TRUNCATE(cvttsd2si, 64, VEC)
TRUNCATE(cvttsd2si, 64, MEM)
TRUNCATE(cvttss2si, 32, VEC)
TRUNCATE(cvttss2si, 32, MEM)

#define ENTRY_ONE(name) {vec_##name, {[SOURCE_VEC] = name##_VEC, [SOURCE_MEM] = name##_MEM}},
const struct vec_hot_one vec_hot_value[] = {ENTRY_ONE(cvttsd2si) ENTRY_ONE(cvttss2si) {NULL, {NULL}}};

/* Flags of a comparison that is ordered: cpu/flags.h. */
#define COMPARE(name, W, source) \
    static const struct uop *name##_##source(struct cpu *cpu, const struct uop *u) { \
        const void *p = ADDRESS_##source(W / 8); \
        if (UNLIKELY(!p || fp_unmasked(cpu))) return vec_flags_handler[1][SOURCE_##source](cpu, u); \
        const __typeof__(fp_real##W(0)) x = cpu->state.ymm[u->dst].f##W[0]; \
        __typeof__(fp_real##W(0)) y; \
        memcpy(&y, p, sizeof y); \
        if (UNLIKELY(isunordered(x, y))) return vec_flags_handler[1][SOURCE_##source](cpu, u); \
        const uint64_t less = isless(x, y), differ = less | (uint64_t)isgreater(x, y); \
        cpu->state.flag_result = differ; \
        cpu->state.flag_carry = less << 63 | less << 62; \
        cpu->state.flag_aux = (differ ^ 1) << 8; \
        NEXT(cpu, u); \
    }
#define COMPARE_BOTH(name, W) COMPARE(name, W, VEC) COMPARE(name, W, MEM)
COMPARE_BOTH(ucomisd, 64)
COMPARE_BOTH(ucomiss, 32)
COMPARE_BOTH(comisd, 64)
COMPARE_BOTH(comiss, 32)

const struct vec_hot_one vec_hot_flags[] = {ENTRY_ONE(ucomisd) ENTRY_ONE(ucomiss) ENTRY_ONE(comisd) ENTRY_ONE(comiss)
                                            {NULL, {NULL}}};
