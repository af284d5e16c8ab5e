/* SPDX-License-Identifier: ISC */
/* Arithmetic of two operands: FADD, FSUB, FSUBR, FMUL, FDIV, FDIVR with a register, a real or an
 * integer in memory, and the popping forms. One row per op. Source: SDM 2. */
#include "cpu/interp/x87.h"

typedef struct float80 binary_fn(struct float80_env *env, struct float80 a, struct float80 b);

struct arith_row {
    uint16_t op;
    bool pop, integer;
    binary_fn *fn;
};

static struct float80 sub_reversed(struct float80_env *env, struct float80 a, struct float80 b) {
    return float80_sub(env, b, a);
}

static struct float80 div_reversed(struct float80_env *env, struct float80 a, struct float80 b) {
    return float80_div(env, b, a);
}

static const struct arith_row ROWS[] = {
    {OP_FADD, false, false, float80_add},   {OP_FADDP, true, false, float80_add},
    {OP_FIADD, false, true, float80_add},   {OP_FMUL, false, false, float80_mul},
    {OP_FMULP, true, false, float80_mul},   {OP_FIMUL, false, true, float80_mul},
    {OP_FSUB, false, false, float80_sub},   {OP_FSUBP, true, false, float80_sub},
    {OP_FISUB, false, true, float80_sub},   {OP_FSUBR, false, false, sub_reversed},
    {OP_FSUBRP, true, false, sub_reversed}, {OP_FISUBR, false, true, sub_reversed},
    {OP_FDIV, false, false, float80_div},   {OP_FDIVP, true, false, float80_div},
    {OP_FIDIV, false, true, float80_div},   {OP_FDIVR, false, false, div_reversed},
    {OP_FDIVRP, true, false, div_reversed}, {OP_FIDIVR, false, true, div_reversed},
};

/* ST(dst) = ST(dst) op ST(src). */
static __attribute__((noinline)) void arith_registers(struct x87 *f, const struct arith_row *row,
                                                      unsigned dst, unsigned src) {
    if (UNLIKELY(x87_empty(f, dst) || x87_empty(f, src))) {
        if (!x87_underflow(f)) return;
        x87_set(f, dst, float80_default_nan());
    } else {
        struct float80_env env = float80_env_of(f->fcw);
        const struct float80 result = row->fn(&env, *x87_st(f, dst), *x87_st(f, src));
        x87_settle(f, &env);
        if (UNLIKELY(float80_suppressed(&env))) return;
        *x87_st(f, dst) = result;
    }
    if (row->pop) x87_pop(f);
}

static bool either_is_nan(struct float80 a, struct float80 b) {
    return float80_classify(a) >= FLOAT80_CLASS_QNAN || float80_classify(b) >= FLOAT80_CLASS_QNAN;
}

/* The operation with an operand that was denormal in memory: DE comes after IE and ZE and after
 * quiet NaNs, before everything else. */
static struct float80 arith_denormal(struct float80_env *env, const struct arith_row *row,
                                     struct float80 a, struct float80 b) {
    struct float80_env probe = *env;
    const struct float80 result = row->fn(&probe, a, b);
    if (!(probe.raised & (FLOAT80_IE | FLOAT80_ZE)) && !either_is_nan(a, b)) {
        env->raised |= FLOAT80_DE;
        if (float80_suppressed(env)) return result;
    }
    env->raised |= probe.raised;
    return result;
}

/* ST(0) = ST(0) op memory. */
static __attribute__((noinline)) void arith_operand(struct x87 *f, const struct arith_row *row,
                                                    struct x87_operand b) {
    if (UNLIKELY(x87_empty(f, 0))) {
        if (x87_underflow(f)) x87_set(f, 0, float80_default_nan());
        return;
    }
    struct float80_env env = float80_env_of(f->fcw);
    const struct float80 a = *x87_st(f, 0);
    const struct float80 result =
        UNLIKELY(b.denormal) ? arith_denormal(&env, row, a, b.value) : row->fn(&env, a, b.value);
    x87_settle(f, &env);
    if (LIKELY(!float80_suppressed(&env))) *x87_st(f, 0) = result;
}

static const struct uop *x87_arith_registers(struct cpu *cpu, const struct uop *u) {
    if (UNLIKELY(x87_pending(&cpu->state))) return uop_raise(cpu, u, EXCEPTION_MF, 0);
    x87_track(cpu, u);
    arith_registers(&cpu->state.x87, u->ptr, u->dst, u->src);
    NEXT(cpu, u);
}

static const struct uop *x87_arith_memory(struct cpu *cpu, const struct uop *u) {
    struct x87_operand operand;
    const uint64_t gva = uop_address(cpu, u);
    if (UNLIKELY(x87_pending(&cpu->state))) return uop_raise(cpu, u, EXCEPTION_MF, 0);
    if (UNLIKELY(!x87_read_operand(cpu, gva, u->dst, &operand))) return uop_raise_memory(cpu, u);
    x87_track_memory(cpu, u, gva);
    arith_operand(&cpu->state.x87, u->ptr, operand);
    return u + 1;
}

int lower_x87_arith(const struct insn *insn, struct uop *u) {
    const struct operand *memory = x87_memory_operand(insn);
    const struct arith_row *row = ROWS;
    while (row->op != insn->op) row++;
    x87_lower_common(insn, u);
    u->ptr = row;
    if (memory) {
        u->dst = (uint8_t)x87_format_of(memory, row->integer);
        u->fn = x87_arith_memory;
    } else {
        u->dst = insn->operand[0].reg;
        u->src = insn->operand[1].reg;
        u->fn = x87_arith_registers;
    }
    return LOWER_NEXT;
}
