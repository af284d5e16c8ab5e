/* SPDX-License-Identifier: ISC */
/* MUL IMUL DIV IDIV MULX. Undefined flags: after multiplications ZF, SF, PF follow the low half and AF is 0; divisions
 * leave all flags as they were. */
#include "cpu/interp/handler.h"
#include "cpu/interp/ops_int.h"

typedef unsigned __int128 u128;
typedef __int128 i128;

/* Operand of one-operand forms: src if a register, else memory (imm8). */
static bool operand_get(struct cpu *cpu, const struct uop *u, unsigned size, uint64_t *out) {
    if (u->imm8) return mem_load(cpu, uop_address(cpu, u), size, out);
    *out = reg_get(&cpu->state, u->src, size);
    return true;
}

/* The pair that one-operand forms read and write: AX, or (R/E)DX:(R/E)AX. */
static u128 pair_get(const struct cpu_state *s, unsigned size) {
    if (size == 1) return reg_get(s, RAX, 2);
    return (u128)reg_get(s, RDX, size) << bits_of(size) | reg_get(s, RAX, size);
}

static void pair_set(struct cpu_state *s, unsigned size, u128 v) {
    if (size == 1) {
        reg_set(s, RAX, 2, (uint64_t)v);
        return;
    }
    reg_set(s, RAX, size, (uint64_t)v);
    reg_set(s, RDX, size, (uint64_t)(v >> bits_of(size)));
}

static void flags_product(struct cpu_state *s, unsigned size, uint64_t low, bool overflow) {
    flags_result_cf_of(s, size, low, overflow, overflow);
}

#define MULTIPLY(size)                                                                                             \
    HANDLER(mul##size) {                                                                                           \
        struct cpu_state *s = &cpu->state;                                                                         \
        uint64_t b;                                                                                                \
        if (!operand_get(cpu, u, size, &b)) return uop_raise_memory(cpu, u);                                       \
        const u128 r = (u128)reg_get(s, RAX, size) * b;                                                            \
        pair_set(s, size, r);                                                                                      \
        flags_product(s, size, (uint64_t)r, (r >> bits_of(size)) != 0);                                            \
        return u + 1;                                                                                              \
    }                                                                                                              \
    HANDLER(imul1_##size) {                                                                                        \
        struct cpu_state *s = &cpu->state;                                                                         \
        uint64_t b;                                                                                                \
        if (!operand_get(cpu, u, size, &b)) return uop_raise_memory(cpu, u);                                       \
        const i128 r = (i128)(int64_t)sext(reg_get(s, RAX, size), size) * (int64_t)sext(b, size);                  \
        pair_set(s, size, (u128)r);                                                                                \
        flags_product(s, size, (uint64_t)r, r != (int64_t)sext((uint64_t)r, size));                                \
        return u + 1;                                                                                              \
    }
MULTIPLY(1)
MULTIPLY(2)
MULTIPLY(4)
MULTIPLY(8)

/* Returns false for #DE. */
static ALWAYS_INLINE bool divide(struct cpu_state *s, unsigned size, uint64_t b) {
    const u128 a = pair_get(s, size);
    if (!b || (uint64_t)(a >> bits_of(size)) >= b) return false; /* the quotient would not fit */
    uint64_t q, r;
    if (size < 8) {
        q = (uint64_t)a / b;
        r = (uint64_t)a % b;
    } else if (!(a >> 64)) {
        q = (uint64_t)a / b;
        r = (uint64_t)a % b;
    } else {
        q = (uint64_t)(a / b);
        r = (uint64_t)(a % b);
    }
    pair_set(s, size, (u128)(r & mask_of(size)) << bits_of(size) | (q & mask_of(size)));
    return true;
}

static ALWAYS_INLINE bool divide_signed(struct cpu_state *s, unsigned size, uint64_t divisor) {
    const unsigned bits = bits_of(size);
    const i128 a = (i128)(pair_get(s, size) << (128 - 2 * bits)) >> (128 - 2 * bits);
    const int64_t b = (int64_t)sext(divisor, size);
    i128 q, r;
    if (!b) return false;
    if (a == (int64_t)a && b != -1) {
        q = (int64_t)a / b;
        r = (int64_t)a % b;
    } else {
        /* the smallest number by -1 does not fit into i128 either, nor into any quotient */
        if (b == -1 && a == (i128)((u128)1 << 127)) return false;
        q = a / b;
        r = a % b;
    }
    if (q != (int64_t)sext((uint64_t)q, size)) return false;
    pair_set(s, size, ((u128)r & mask_of(size)) << bits | ((u128)q & mask_of(size)));
    return true;
}

#define DIVIDE(size)                                                                                               \
    HANDLER(div##size) {                                                                                           \
        uint64_t b;                                                                                                \
        if (!operand_get(cpu, u, size, &b)) return uop_raise_memory(cpu, u);                                       \
        return divide(&cpu->state, size, b) ? u + 1 : uop_raise(cpu, u, EXCEPTION_DE, 0);                          \
    }                                                                                                              \
    HANDLER(idiv##size) {                                                                                          \
        uint64_t b;                                                                                                \
        if (!operand_get(cpu, u, size, &b)) return uop_raise_memory(cpu, u);                                       \
        return divide_signed(&cpu->state, size, b) ? u + 1 : uop_raise(cpu, u, EXCEPTION_DE, 0);                   \
    }
DIVIDE(1)
DIVIDE(2)
DIVIDE(4)
DIVIDE(8)

static int lower_one(const struct insn *insn, struct uop *u, uop_fn *const fn[4]) {
    u->imm8 = insn->operand[0].kind == OPERAND_MEM;
    if (!u->imm8) u->src = lower_gpr(&insn->operand[0]);
    u->fn = fn[size_index(insn->op_size)];
    return LOWER_NEXT;
}

#define ONE(lower_name, a, b, c, d)                                                                                \
    int lower_name(const struct insn *insn, struct uop *u) {                                                       \
        static uop_fn *const fn[4] = {a, b, c, d};                                                                 \
        return lower_one(insn, u, fn);                                                                             \
    }
ONE(lower_mul, mul1, mul2, mul4, mul8)
ONE(lower_imul1, imul1_1, imul1_2, imul1_4, imul1_8)
ONE(lower_div, div1, div2, div4, div8)
ONE(lower_idiv, idiv1, idiv2, idiv4, idiv8)

/* Two and three operands: dst = a * b. */
static ALWAYS_INLINE void product(struct cpu_state *s, const struct uop *u, unsigned size, uint64_t a, uint64_t b) {
    int64_t r;
    bool overflow;
    if (size == 8) {
        overflow = __builtin_mul_overflow((int64_t)a, (int64_t)b, &r);
    } else {
        r = (int64_t)sext(a, size) * (int64_t)sext(b, size);
        overflow = r != (int64_t)sext((uint64_t)r, size);
    }
    reg_set(s, u->dst, size, (uint64_t)r);
    if (u->src2 != LOWER_FLAGS_DEAD) flags_product(s, size, (uint64_t)r, overflow);
}

#define IMUL(size)                                                                                                 \
    HANDLER(imul_rr##size) {                                                                                       \
        struct cpu_state *s = &cpu->state;                                                                         \
        product(s, u, size, reg_get(s, u->dst, size), reg_get(s, u->src, size));                                   \
        NEXT(cpu, u);                                                                                              \
    }                                                                                                              \
    HANDLER(imul_rri##size) {                                                                                      \
        struct cpu_state *s = &cpu->state;                                                                         \
        product(s, u, size, reg_get(s, u->src, size), (uint64_t)u->imm);                                           \
        NEXT(cpu, u);                                                                                              \
    }                                                                                                              \
    HANDLER(imul_rm##size) {                                                                                       \
        struct cpu_state *s = &cpu->state;                                                                         \
        uint64_t b;                                                                                                \
        if (!mem_load(cpu, uop_address(cpu, u), size, &b)) return uop_raise_memory(cpu, u);                        \
        product(s, u, size, reg_get(s, u->dst, size), b);                                                          \
        return u + 1;                                                                                              \
    }                                                                                                              \
    HANDLER(imul_rmi##size) {                                                                                      \
        struct cpu_state *s = &cpu->state;                                                                         \
        uint64_t a;                                                                                                \
        if (!mem_load(cpu, uop_address(cpu, u), size, &a)) return uop_raise_memory(cpu, u);                        \
        product(s, u, size, a, (uint64_t)u->imm);                                                                  \
        return u + 1;                                                                                              \
    }
IMUL(2)
IMUL(4)
IMUL(8)

int lower_imul(const struct insn *insn, struct uop *u) {
    static uop_fn *const table[4][4] = {
        {NULL, imul_rr2, imul_rr4, imul_rr8}, {NULL, imul_rm2, imul_rm4, imul_rm8},
        {NULL, imul_rri2, imul_rri4, imul_rri8}, {NULL, imul_rmi2, imul_rmi4, imul_rmi8},
    };
    const bool memory = insn->operand[1].kind == OPERAND_MEM, three = insn->n_operands == 3;
    u->dst = insn->operand[0].reg;
    if (!memory) u->src = insn->operand[1].reg;
    u->fn = table[2 * three + memory][size_index(insn->op_size)];
    return u->fn ? LOWER_NEXT : LOWER_UD;
}

/* dst: high half, src2: low half; if they are the same register it gets the high half. */
HANDLER(mulx) {
    struct cpu_state *s = &cpu->state;
    const unsigned size = u->size;
    uint64_t b;
    if (!operand_get(cpu, u, size, &b)) return uop_raise_memory(cpu, u);
    const u128 r = (u128)reg_get(s, RDX, size) * b;
    reg_set(s, u->src2, size, (uint64_t)r);
    reg_set(s, u->dst, size, (uint64_t)(r >> bits_of(size)));
    return u + 1;
}

int lower_mulx(const struct insn *insn, struct uop *u) {
    u->dst = insn->operand[0].reg;
    u->src2 = insn->operand[1].reg;
    u->imm8 = insn->operand[2].kind == OPERAND_MEM;
    if (!u->imm8) u->src = insn->operand[2].reg;
    u->fn = mulx;
    return LOWER_NEXT;
}
