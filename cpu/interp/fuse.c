/* SPDX-License-Identifier: ISC */
/* CMP or TEST, then a conditional branch: the host compares the operands directly; the flags are stored for whoever
 * looks at them later. ptr is the target, so an immediate is in disp beside registers, in imm8 (sign-extended) beside
 * memory. */
#include "cpu/interp/fuse.h"

#include "cpu/interp/handler.h"

static ALWAYS_INLINE bool less(uint64_t a, uint64_t b, unsigned size) {
    return (int64_t)sext(a, size) < (int64_t)sext(b, size);
}

/* Condition cc after CMP a, b, both zero-extended. */
static ALWAYS_INLINE bool holds_cmp(unsigned cc, unsigned size, uint64_t a, uint64_t b) {
    switch (cc) {
    case 0x2: return a < b;
    case 0x3: return a >= b;
    case 0x4: return a == b;
    case 0x5: return a != b;
    case 0x6: return a <= b;
    case 0x7: return a > b;
    case 0x8: return (int64_t)sext(a - b, size) < 0;
    case 0x9: return (int64_t)sext(a - b, size) >= 0;
    case 0xc: return less(a, b, size);
    case 0xd: return !less(a, b, size);
    case 0xe: return !less(b, a, size);
    default: return less(b, a, size);
    }
}

/* The same after TEST: a and b were ANDed. */
static ALWAYS_INLINE bool holds_test(unsigned cc, unsigned size, uint64_t a, uint64_t b) {
    const int64_t r = (int64_t)sext(a & b, size);
    switch (cc) {
    case 0x4: return r == 0;
    case 0x5: return r != 0;
    case 0x8: return r < 0;
    case 0x9: return r >= 0;
    case 0xe: return r <= 0;
    default: return r > 0;
    }
}

static ALWAYS_INLINE void flags_cmp(struct cpu_state *s, unsigned size, uint64_t a, uint64_t b) {
    flags_sub(s, size, a, b, a - b);
}

static ALWAYS_INLINE void flags_test(struct cpu_state *s, unsigned size, uint64_t a, uint64_t b) {
    flags_logic(s, size, a & b);
}

#define FUSED(op, shape, operand, size, cc)                                                                        \
    HANDLER(op##_##shape##size##_##cc) {                                                                           \
        struct cpu_state *s = &cpu->state;                                                                         \
        const uint64_t a = reg_get(s, u->dst, size), b = operand;                                                  \
        flags_##op(s, size, a, b);                                                                                 \
        if (holds_##op(cc, size, a, b)) {                                                                          \
            cpu->budget += u->src2;                                                                                \
            GOTO(cpu, (const struct uop *)u->ptr);                                                                 \
        }                                                                                                          \
        NEXT(cpu, u);                                                                                              \
    }

#define FUSED_SHAPES(op, size, cc)                                                                                 \
    FUSED(op, rr, reg_get(s, u->src, size), size, cc)                                                              \
    FUSED(op, ri, (uint64_t)u->disp, size, cc)

#define FUSED_SIZES(op, cc) FUSED_SHAPES(op, 1, cc) FUSED_SHAPES(op, 2, cc) FUSED_SHAPES(op, 4, cc) FUSED_SHAPES(op, 8, cc)

FUSED_SIZES(cmp, 0x2) FUSED_SIZES(cmp, 0x3) FUSED_SIZES(cmp, 0x4) FUSED_SIZES(cmp, 0x5)
FUSED_SIZES(cmp, 0x6) FUSED_SIZES(cmp, 0x7) FUSED_SIZES(cmp, 0x8) FUSED_SIZES(cmp, 0x9)
FUSED_SIZES(cmp, 0xc) FUSED_SIZES(cmp, 0xd) FUSED_SIZES(cmp, 0xe) FUSED_SIZES(cmp, 0xf)
FUSED_SIZES(test, 0x4) FUSED_SIZES(test, 0x5) FUSED_SIZES(test, 0x8) FUSED_SIZES(test, 0x9)
FUSED_SIZES(test, 0xe) FUSED_SIZES(test, 0xf)

/* Operands in memory: the common conditions. mem is the operand in memory. */
#define FUSED_MEM(op, shape, x, y, size, cc)                                                                       \
    static ALWAYS_INLINE bool op##_##shape##size##_##cc##_holds(struct cpu *cpu, const struct uop *u, uint64_t mem) { \
        struct cpu_state *s = &cpu->state;                                                                         \
        const uint64_t a = x, b = y;                                                                               \
        flags_##op(s, size, a, b);                                                                                 \
        return holds_##op(cc, size, a, b);                                                                         \
    }                                                                                                              \
    SLOW_HANDLER(op##_##shape##size##_##cc##_slow) {                                                               \
        uint64_t mem;                                                                                              \
        if (!load_slow(cpu, uop_address(cpu, u), size, &mem)) return uop_raise_memory(cpu, u);                     \
        if (!op##_##shape##size##_##cc##_holds(cpu, u, mem)) return u + 1;                                         \
        cpu->budget += u->src2;                                                                                    \
        return u->ptr;                                                                                             \
    }                                                                                                              \
    HANDLER(op##_##shape##size##_##cc) {                                                                           \
        const void *p = mem_read_hit(cpu, uop_address(cpu, u), size);                                              \
        if (UNLIKELY(!p)) return op##_##shape##size##_##cc##_slow(cpu, u);                                         \
        if (op##_##shape##size##_##cc##_holds(cpu, u, host_load(p, size))) {                                       \
            cpu->budget += u->src2;                                                                                \
            GOTO(cpu, (const struct uop *)u->ptr);                                                                 \
        }                                                                                                          \
        NEXT(cpu, u);                                                                                              \
    }

#define FUSED_MEM_SHAPES(size, cc)                                                                                 \
    FUSED_MEM(cmp, mi, mem, (uint64_t)(int8_t)u->imm8 & mask_of(size), size, cc)                                   \
    FUSED_MEM(cmp, mr, mem, reg_get(s, u->src, size), size, cc)                                                    \
    FUSED_MEM(cmp, rm, reg_get(s, u->dst, size), mem, size, cc)
#define FUSED_MEM_TEST(size, cc) FUSED_MEM(test, mi, mem, (uint64_t)(int8_t)u->imm8 & mask_of(size), size, cc)
#define FUSED_MEM_SIZES(cc) FUSED_MEM_SHAPES(1, cc) FUSED_MEM_SHAPES(4, cc) FUSED_MEM_SHAPES(8, cc)

FUSED_MEM_SIZES(0x2) FUSED_MEM_SIZES(0x3) FUSED_MEM_SIZES(0x4) FUSED_MEM_SIZES(0x5) FUSED_MEM_SIZES(0x6)
FUSED_MEM_SIZES(0x7) FUSED_MEM_SIZES(0xc) FUSED_MEM_SIZES(0xd) FUSED_MEM_SIZES(0xe) FUSED_MEM_SIZES(0xf)
FUSED_MEM_TEST(1, 0x4) FUSED_MEM_TEST(1, 0x5)

#define CMP_MEM_ROW(shape, size)                                                                                   \
    {[0x2] = cmp_##shape##size##_0x2, [0x3] = cmp_##shape##size##_0x3, [0x4] = cmp_##shape##size##_0x4,            \
     [0x5] = cmp_##shape##size##_0x5, [0x6] = cmp_##shape##size##_0x6, [0x7] = cmp_##shape##size##_0x7,            \
     [0xc] = cmp_##shape##size##_0xc, [0xd] = cmp_##shape##size##_0xd, [0xe] = cmp_##shape##size##_0xe,            \
     [0xf] = cmp_##shape##size##_0xf}
#define MEM_SIZES(shape) {CMP_MEM_ROW(shape, 1), {NULL}, CMP_MEM_ROW(shape, 4), CMP_MEM_ROW(shape, 8)}
#define CMP_ROW(shape, size)                                                                                       \
    {[0x2] = cmp_##shape##size##_0x2, [0x3] = cmp_##shape##size##_0x3, [0x4] = cmp_##shape##size##_0x4,            \
     [0x5] = cmp_##shape##size##_0x5, [0x6] = cmp_##shape##size##_0x6, [0x7] = cmp_##shape##size##_0x7,            \
     [0x8] = cmp_##shape##size##_0x8, [0x9] = cmp_##shape##size##_0x9, [0xc] = cmp_##shape##size##_0xc,            \
     [0xd] = cmp_##shape##size##_0xd, [0xe] = cmp_##shape##size##_0xe, [0xf] = cmp_##shape##size##_0xf}
#define TEST_ROW(shape, size)                                                                                      \
    {[0x4] = test_##shape##size##_0x4, [0x5] = test_##shape##size##_0x5, [0x8] = test_##shape##size##_0x8,         \
     [0x9] = test_##shape##size##_0x9, [0xe] = test_##shape##size##_0xe, [0xf] = test_##shape##size##_0xf}
#define SIZES(ROW, shape) {ROW(shape, 1), ROW(shape, 2), ROW(shape, 4), ROW(shape, 8)}

static uop_fn *fused_memory(const struct insn *first, enum shape shape, unsigned cc) {
    /* [shape][size][cc] */
    static uop_fn *const cmp[5][4][16] = {
        [SHAPE_RM] = MEM_SIZES(rm), [SHAPE_MR] = MEM_SIZES(mr), [SHAPE_MI] = MEM_SIZES(mi)};
    static uop_fn *const test1[16] = {[0x4] = test_mi1_0x4, [0x5] = test_mi1_0x5};
    if (shape == SHAPE_MI && first->imm != (int8_t)first->imm) return NULL;
    if (first->op == OP_CMP) return cmp[shape][size_index(first->op_size)][cc];
    return shape == SHAPE_MI && first->op_size == 1 ? test1[cc] : NULL;
}

static uop_fn *fused_registers(const struct insn *first, enum shape shape, unsigned cc) {
    static uop_fn *const cmp[2][4][16] = {SIZES(CMP_ROW, rr), SIZES(CMP_ROW, ri)};
    static uop_fn *const test[2][4][16] = {SIZES(TEST_ROW, rr), SIZES(TEST_ROW, ri)};
    return (first->op == OP_CMP ? cmp : test)[shape][size_index(first->op_size)][cc];
}

bool fuse_branch(const struct insn *first, const struct insn *jcc, struct uop *u) {
    if (first->op != OP_CMP && first->op != OP_TEST) return false;
    const enum shape shape = lower_shape(first, u);
    if (shape > SHAPE_MI) return false;
    const bool registers = shape == SHAPE_RR || shape == SHAPE_RI;
    u->fn = registers ? fused_registers(first, shape, jcc->cc) : fused_memory(first, shape, jcc->cc);
    if (registers) u->disp = (int64_t)((uint64_t)first->imm & mask_of(first->op_size));
    return u->fn != NULL;
}
