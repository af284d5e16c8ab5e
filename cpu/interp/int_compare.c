/* SPDX-License-Identifier: ISC */
/* CMP and TEST: flags only. */
#include "cpu/interp/handler.h"
#include "cpu/interp/ops_int.h"

static ALWAYS_INLINE void op_cmp(struct cpu_state *s, unsigned size, uint64_t a, uint64_t b) {
    flags_sub(s, size, a, b, a - b);
}

static ALWAYS_INLINE void op_test(struct cpu_state *s, unsigned size, uint64_t a, uint64_t b) {
    flags_logic(s, size, a & b);
}

#define COMPARE_REG(op, size, shape, operand)                                                                      \
    HANDLER(op##_##shape##size) {                                                                                  \
        struct cpu_state *s = &cpu->state;                                                                         \
        op(s, size, reg_get(s, u->dst, size), operand);                                                            \
        NEXT(cpu, u);                                                                                              \
    }

/* mem is the operand in memory; a and b are the operands in order. */
#define COMPARE_MEM(op, size, shape, a, b)                                                                         \
    SLOW_HANDLER(op##_##shape##size##_slow) {                                                                      \
        struct cpu_state *s = &cpu->state;                                                                         \
        uint64_t mem;                                                                                              \
        if (!load_slow(cpu, uop_address(cpu, u), size, &mem)) return uop_raise_memory(cpu, u);                     \
        op(s, size, a, b);                                                                                         \
        return u + 1;                                                                                              \
    }                                                                                                              \
    HANDLER(op##_##shape##size) {                                                                                  \
        struct cpu_state *s = &cpu->state;                                                                         \
        const void *p = mem_read_hit(cpu, uop_address(cpu, u), size);                                              \
        if (UNLIKELY(!p)) return op##_##shape##size##_slow(cpu, u);                                                \
        const uint64_t mem = host_load(p, size);                                                                   \
        op(s, size, a, b);                                                                                         \
        NEXT(cpu, u);                                                                                              \
    }

#define COMPARE_SIZE(op, size)                                                                                     \
    COMPARE_REG(op, size, rr, reg_get(s, u->src, size))                                                            \
    COMPARE_REG(op, size, ri, (uint64_t)u->imm)                                                                    \
    COMPARE_MEM(op, size, rm, reg_get(s, u->dst, size), mem)                                                       \
    COMPARE_MEM(op, size, mr, mem, reg_get(s, u->src, size))                                                       \
    COMPARE_MEM(op, size, mi, mem, (uint64_t)u->imm)

#define ROW(op, shape) {op##_##shape##1, op##_##shape##2, op##_##shape##4, op##_##shape##8}
#define COMPARE(op, lower_name)                                                                                    \
    COMPARE_SIZE(op, 1)                                                                                            \
    COMPARE_SIZE(op, 2)                                                                                            \
    COMPARE_SIZE(op, 4)                                                                                            \
    COMPARE_SIZE(op, 8)                                                                                            \
    int lower_name(const struct insn *insn, struct uop *u) {                                                       \
        static uop_fn *const table[5][4] = {ROW(op, rr), ROW(op, ri), ROW(op, rm), ROW(op, mr), ROW(op, mi)};      \
        const enum shape shape = lower_shape(insn, u);                                                             \
        if (shape > SHAPE_MI) return LOWER_UD;                                                                     \
        u->imm = (int64_t)((uint64_t)u->imm & mask_of(insn->op_size));                                             \
        u->fn = table[shape][size_index(insn->op_size)];                                                           \
        return LOWER_NEXT;                                                                                         \
    }

COMPARE(op_cmp, lower_cmp)
COMPARE(op_test, lower_test)
