/* SPDX-License-Identifier: ISC */
/* BMI1, BMI2: ANDN BEXTR BLSI BLSMSK BLSR BZHI PDEP PEXT RORX SARX SHLX SHRX. Three-operand, 4 or 8 bytes. Undefined
 * AF and PF (SF) are as after a logic operation. */
#include "cpu/interp/handler.h"
#include "cpu/interp/ops_int.h"

/* a: the operand that may be memory; b: the other register. Sets the flags itself. */
#define OPERATION(name) static ALWAYS_INLINE uint64_t name(struct cpu_state *s, unsigned size, uint64_t a, uint64_t b)

OPERATION(andn) {
    const uint64_t r = ~b & a;
    flags_logic(s, size, r);
    return r;
}

OPERATION(blsi) {
    const uint64_t r = a & -a;
    flags_result_cf_of(s, size, r, a != 0, false);
    return r;
}

OPERATION(blsmsk) {
    const uint64_t r = a ^ (a - 1);
    flags_result_cf_of(s, size, r, a == 0, false);
    return r;
}

OPERATION(blsr) {
    const uint64_t r = a & (a - 1);
    flags_result_cf_of(s, size, r, a == 0, false);
    return r;
}

OPERATION(bextr) {
    const unsigned start = b & 0xff, length = (b >> 8) & 0xff;
    uint64_t r = start < bits_of(size) ? a >> start : 0;
    if (length < 64) r &= (1ull << length) - 1;
    flags_logic(s, size, r);
    return r;
}

OPERATION(bzhi) {
    const unsigned n = b & 0xff;
    const uint64_t r = n < bits_of(size) ? a & ((1ull << n) - 1) : a;
    flags_result_cf_of(s, size, r, n >= bits_of(size), false);
    return r;
}

/* b is the source, a the mask. */
OPERATION(pdep) {
    uint64_t r = 0;
    for (; a; a &= a - 1, b >>= 1) r |= b & 1 ? a & -a : 0;
    return r;
}

OPERATION(pext) {
    uint64_t r = 0;
    for (unsigned i = 0; a; a &= a - 1, i++) r |= (uint64_t)((b & a & -a) != 0) << i;
    return r;
}

OPERATION(sarx) {
    return (uint64_t)((int64_t)sext(a, size) >> (b & (bits_of(size) - 1)));
}

OPERATION(shlx) {
    return a << (b & (bits_of(size) - 1));
}

OPERATION(shrx) {
    return a >> (b & (bits_of(size) - 1));
}

OPERATION(rorx) {
    const unsigned n = (unsigned)b & (bits_of(size) - 1);
    return n ? a >> n | a << (bits_of(size) - n) : a;
}

/* src: operand a if a register; src2: operand b, or GPR_ZERO and then imm8 is it. */
#define BMI_SIZE(op, size)                                                                                         \
    HANDLER(op##_r##size) {                                                                                        \
        struct cpu_state *s = &cpu->state;                                                                         \
        reg_set(s, u->dst, size, op(s, size, reg_get(s, u->src, size), reg_get(s, u->src2, size) + u->imm8));      \
        NEXT(cpu, u);                                                                                              \
    }                                                                                                              \
    HANDLER(op##_m##size) {                                                                                        \
        struct cpu_state *s = &cpu->state;                                                                         \
        uint64_t a;                                                                                                \
        if (!mem_load(cpu, uop_address(cpu, u), size, &a)) return uop_raise_memory(cpu, u);                        \
        reg_set(s, u->dst, size, op(s, size, a, reg_get(s, u->src2, size) + u->imm8));                             \
        return u + 1;                                                                                              \
    }

/* a_at, b_at: which operands are a and b (0: none). */
static int lower_bmi(const struct insn *insn, struct uop *u, unsigned a_at, unsigned b_at, uop_fn *const fn[2][2]) {
    const struct operand *a = &insn->operand[a_at], *b = &insn->operand[b_at];
    u->dst = insn->operand[0].reg;
    if (a->kind == OPERAND_REG) u->src = a->reg;
    u->src2 = b_at && b->kind == OPERAND_REG ? b->reg : GPR_ZERO;
    u->imm8 = b_at && b->kind == OPERAND_IMM ? (uint8_t)insn->imm : 0;
    u->fn = fn[a->kind == OPERAND_MEM][insn->op_size == 8];
    return LOWER_NEXT;
}

#define BMI(op, a_at, b_at, lower_name)                                                                            \
    BMI_SIZE(op, 4)                                                                                                \
    BMI_SIZE(op, 8)                                                                                                \
    int lower_name(const struct insn *insn, struct uop *u) {                                                       \
        static uop_fn *const fn[2][2] = {{op##_r4, op##_r8}, {op##_m4, op##_m8}};                                  \
        return lower_bmi(insn, u, a_at, b_at, fn);                                                                 \
    }

BMI(andn, 2, 1, lower_andn)
BMI(blsi, 1, 0, lower_blsi)
BMI(blsmsk, 1, 0, lower_blsmsk)
BMI(blsr, 1, 0, lower_blsr)
BMI(bextr, 1, 2, lower_bextr)
BMI(bzhi, 1, 2, lower_bzhi)
BMI(pdep, 2, 1, lower_pdep)
BMI(pext, 2, 1, lower_pext)
BMI(sarx, 1, 2, lower_sarx)
BMI(shlx, 1, 2, lower_shlx)
BMI(shrx, 1, 2, lower_shrx)
BMI(rorx, 1, 2, lower_rorx)
