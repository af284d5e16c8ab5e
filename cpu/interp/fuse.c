/* SPDX-License-Identifier: ISC */
/* CMP or TEST of registers and immediates, then a conditional branch: the host compares the operands directly; the
 * flags are stored for whoever looks at them later. The immediate is in disp, because ptr is the target. */
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

#define CMP_ROW(shape, size)                                                                                       \
    {[0x2] = cmp_##shape##size##_0x2, [0x3] = cmp_##shape##size##_0x3, [0x4] = cmp_##shape##size##_0x4,            \
     [0x5] = cmp_##shape##size##_0x5, [0x6] = cmp_##shape##size##_0x6, [0x7] = cmp_##shape##size##_0x7,            \
     [0x8] = cmp_##shape##size##_0x8, [0x9] = cmp_##shape##size##_0x9, [0xc] = cmp_##shape##size##_0xc,            \
     [0xd] = cmp_##shape##size##_0xd, [0xe] = cmp_##shape##size##_0xe, [0xf] = cmp_##shape##size##_0xf}
#define TEST_ROW(shape, size)                                                                                      \
    {[0x4] = test_##shape##size##_0x4, [0x5] = test_##shape##size##_0x5, [0x8] = test_##shape##size##_0x8,         \
     [0x9] = test_##shape##size##_0x9, [0xe] = test_##shape##size##_0xe, [0xf] = test_##shape##size##_0xf}
#define SIZES(ROW, shape) {ROW(shape, 1), ROW(shape, 2), ROW(shape, 4), ROW(shape, 8)}

bool fuse_branch(const struct insn *first, const struct insn *jcc, struct uop *u) {
    /* [shape][size][cc] */
    static uop_fn *const cmp[2][4][16] = {SIZES(CMP_ROW, rr), SIZES(CMP_ROW, ri)};
    static uop_fn *const test[2][4][16] = {SIZES(TEST_ROW, rr), SIZES(TEST_ROW, ri)};
    if (first->op != OP_CMP && first->op != OP_TEST) return false;
    const enum shape shape = lower_shape(first, u);
    if (shape != SHAPE_RR && shape != SHAPE_RI) return false;
    const unsigned size = first->op_size;
    u->fn = (first->op == OP_CMP ? cmp : test)[shape][size_index(size)][jcc->cc];
    u->disp = (int64_t)((uint64_t)first->imm & mask_of(size));
    return u->fn != NULL;
}
