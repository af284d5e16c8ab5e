/* SPDX-License-Identifier: ISC */
/* ADD OR ADC SBB AND SUB XOR INC DEC NEG NOT: arithmetic in every operand shape and size. The
 * macros only expand the rows at the end of each group; what an operation does is one inline function. */
#include "cpu/interp/locked.h"
#include "cpu/interp/handler.h"
#include "cpu/interp/ops_int.h"

#define OPERATION(name) \
    static ALWAYS_INLINE uint64_t name(struct cpu_state *s, unsigned size, bool flags, uint64_t a, uint64_t b)

OPERATION(op_add) {
    const uint64_t r = a + b;
    if (flags) flags_add(s, size, a, b, r);
    return r;
}

OPERATION(op_adc) {
    const uint64_t r = a + b + flag_cf(s);
    flags_add(s, size, a, b, r);
    return r;
}

OPERATION(op_sub) {
    const uint64_t r = a - b;
    if (flags) flags_sub(s, size, a, b, r);
    return r;
}

OPERATION(op_sbb) {
    const uint64_t r = a - b - flag_cf(s);
    flags_sub(s, size, a, b, r);
    return r;
}

OPERATION(op_and) {
    if (flags) flags_logic(s, size, a & b);
    return a & b;
}

OPERATION(op_or) {
    if (flags) flags_logic(s, size, a | b);
    return a | b;
}

OPERATION(op_xor) {
    if (flags) flags_logic(s, size, a ^ b);
    return a ^ b;
}

/* CF stays. */
static ALWAYS_INLINE void keep_cf(struct cpu_state *s, uint64_t old) {
    const uint64_t cf = old & 1ull << 63, of = (s->flag_carry ^ s->flag_carry << 1) & 1ull << 63;
    s->flag_carry = cf | (cf ^ of) >> 1;
}

OPERATION(op_inc) {
    const uint64_t r = a + 1, old = s->flag_carry;
    if (!flags) return r;
    flags_add(s, size, a, 1, r);
    keep_cf(s, old);
    return r;
}

OPERATION(op_dec) {
    const uint64_t r = a - 1, old = s->flag_carry;
    if (!flags) return r;
    flags_sub(s, size, a, 1, r);
    keep_cf(s, old);
    return r;
}

OPERATION(op_neg) {
    const uint64_t r = -a;
    if (flags) flags_sub(s, size, 0, a, r);
    return r;
}

OPERATION(op_not) {
    return ~a;
}

/* Register destination; `operand` is operand b. */
#define ALU_REG(op, size, shape, operand, flags)                                                                   \
    HANDLER(op##_##shape##size) {                                                                                  \
        struct cpu_state *s = &cpu->state;                                                                         \
        reg_set(s, u->dst, size, op(s, size, flags, reg_get(s, u->dst, size), operand));                           \
        NEXT(cpu, u);                                                                                              \
    }

#define ALU_RM(op, size)                                                                                           \
    SLOW_HANDLER(op##_rm##size##_slow) {                                                                           \
        struct cpu_state *s = &cpu->state;                                                                         \
        uint64_t b;                                                                                                \
        if (!load_slow(cpu, uop_address(cpu, u), size, &b)) return uop_raise_memory(cpu, u);                       \
        reg_set(s, u->dst, size, op(s, size, true, reg_get(s, u->dst, size), b));                                  \
        return u + 1;                                                                                              \
    }                                                                                                              \
    HANDLER(op##_rm##size) {                                                                                       \
        struct cpu_state *s = &cpu->state;                                                                         \
        const void *p = mem_read_hit(cpu, uop_address(cpu, u), size);                                              \
        if (UNLIKELY(!p)) return op##_rm##size##_slow(cpu, u);                                                     \
        const uint64_t b = host_load(p, size);                                                                     \
        reg_set(s, u->dst, size, op(s, size, true, reg_get(s, u->dst, size), b));                                  \
        NEXT(cpu, u);                                                                                              \
    }

/* Memory destination; `operand` is operand b. */
#define ALU_MEM(op, size, shape, operand)                                                                          \
    SLOW_HANDLER(op##_##shape##size##_slow) {                                                                      \
        struct cpu_state *s = &cpu->state;                                                                         \
        const uint64_t gva = uop_address(cpu, u);                                                                  \
        uint64_t a;                                                                                                \
        if (!load_rw_slow(cpu, gva, size, &a)) return uop_raise_memory(cpu, u);                                    \
        store_slow(cpu, gva, size, op(s, size, true, a, operand));                                                 \
        return u + 1;                                                                                              \
    }                                                                                                              \
    HANDLER(op##_##shape##size) {                                                                                  \
        struct cpu_state *s = &cpu->state;                                                                         \
        void *p = mem_write_hit(cpu, uop_address(cpu, u), size);                                                   \
        if (UNLIKELY(!p)) return op##_##shape##size##_slow(cpu, u);                                                \
        host_store(p, size, op(s, size, true, host_load(p, size), operand));                                       \
        NEXT(cpu, u);                                                                                              \
    }                                                                                                              \
    HANDLER(op##_##shape##size##_lock) {                                                                           \
        return locked_modify(cpu, u, size, op##_atomic, operand);                                                  \
    }

#define SOURCE(size) reg_get(&cpu->state, u->src, size)
#define IMMEDIATE    ((uint64_t)u->imm)

/* Unary operations are the ri and mi shapes with an operand that they ignore. */
#define ALU_UNARY(op, size)                                                                                        \
    ALU_REG(op, size, ri, IMMEDIATE, true)                                                                         \
    ALU_REG(op, size, ri_nf, IMMEDIATE, false)                                                                     \
    ALU_MEM(op, size, mi, IMMEDIATE)

#define ALU_BINARY(op, size)                                                                                       \
    ALU_UNARY(op, size)                                                                                            \
    ALU_REG(op, size, rr, SOURCE(size), true)                                                                      \
    ALU_REG(op, size, rr_nf, SOURCE(size), false)                                                                  \
    ALU_RM(op, size)                                                                                               \
    ALU_MEM(op, size, mr, SOURCE(size))

#define ROW(op, shape) {op##_##shape##1, op##_##shape##2, op##_##shape##4, op##_##shape##8}
#define ROW_LOCK(op, shape)                                                                                        \
    {op##_##shape##1##_lock, op##_##shape##2##_lock, op##_##shape##4##_lock, op##_##shape##8##_lock}

/* [kind][size]: the shapes RR..MI, then RR and RI without flags, then MR and MI with LOCK. */
enum { KIND_RR_NF = 5, KIND_MR_LOCK = 7, KINDS = 9 };
typedef uop_fn *const alu_table[KINDS][4];

#define ALL_SIZES(EXPAND, op)                                                                                      \
    static uint64_t op##_atomic(struct cpu_state *s, unsigned size, uint64_t a, uint64_t b) {                      \
        return op(s, size, true, a, b);                                                                            \
    }                                                                                                              \
    EXPAND(op, 1)                                                                                                  \
    EXPAND(op, 2)                                                                                                  \
    EXPAND(op, 4)                                                                                                  \
    EXPAND(op, 8)

static int lower_alu(const struct insn *insn, struct uop *u, const alu_table table) {
    enum shape shape = lower_shape(insn, u);
    if (shape == SHAPE_R) shape = SHAPE_RI;
    if (shape == SHAPE_M) shape = SHAPE_MI;
    if (shape == SHAPE_OTHER) return LOWER_UD;
    unsigned kind = shape;
    if (insn->lock) kind = KIND_MR_LOCK + (shape == SHAPE_MI);
    else if (u->src2 == LOWER_FLAGS_DEAD && shape <= SHAPE_RI) kind = KIND_RR_NF + shape;
    u->imm = (int64_t)((uint64_t)u->imm & mask_of(insn->op_size));
    u->fn = table[kind][size_index(insn->op_size)];
    return u->fn ? LOWER_NEXT : LOWER_UD;
}

#define BINARY(op, lower_name)                                                                                     \
    ALL_SIZES(ALU_BINARY, op)                                                                                      \
    static alu_table op##_table = {ROW(op, rr),    ROW(op, ri),    ROW(op, rm),      ROW(op, mr),     ROW(op, mi),   \
                                   ROW(op, rr_nf), ROW(op, ri_nf), ROW_LOCK(op, mr), ROW_LOCK(op, mi)};            \
    int lower_name(const struct insn *insn, struct uop *u) {                                                       \
        return lower_alu(insn, u, op##_table);                                                                     \
    }
#define UNARY(op, lower_name)                                                                                      \
    ALL_SIZES(ALU_UNARY, op)                                                                                       \
    static alu_table op##_table = {[SHAPE_RI] = ROW(op, ri), [SHAPE_MI] = ROW(op, mi),                             \
                                   [KIND_RR_NF + SHAPE_RI] = ROW(op, ri_nf), [KIND_MR_LOCK + 1] = ROW_LOCK(op, mi)}; \
    int lower_name(const struct insn *insn, struct uop *u) {                                                       \
        return lower_alu(insn, u, op##_table);                                                                     \
    }

BINARY(op_add, lower_add)
BINARY(op_adc, lower_adc)
BINARY(op_sub, lower_sub)
BINARY(op_sbb, lower_sbb)
BINARY(op_and, lower_and)
BINARY(op_or, lower_or)
BINARY(op_xor, lower_xor)
UNARY(op_inc, lower_inc)
UNARY(op_dec, lower_dec)
UNARY(op_neg, lower_neg)
UNARY(op_not, lower_not)
