/* SPDX-License-Identifier: ISC */
/* Comparisons: FCOM, FUCOM, FICOM, FTST to the condition code, FCOMI, FUCOMI to RFLAGS, and FXAM.
 * The condition code is set even when IE or DE is unmasked; the pop is not done then. Source: SDM
 * 2; the unmasked case: AMD and Intel processors. */
#include "cpu/flags.h"
#include "cpu/interp/x87.h"

struct compare_row {
    uint16_t op;
    uint8_t pops;
    bool quiet, integer, to_flags;
};

static const struct compare_row ROWS[] = {
    {OP_FCOM, 0, false, false, false},   {OP_FCOMP, 1, false, false, false},
    {OP_FCOMPP, 2, false, false, false}, {OP_FICOM, 0, false, true, false},
    {OP_FICOMP, 1, false, true, false},  {OP_FUCOM, 0, true, false, false},
    {OP_FUCOMP, 1, true, false, false},  {OP_FUCOMPP, 2, true, false, false},
    {OP_FCOMI, 0, false, false, true},   {OP_FCOMIP, 1, false, false, true},
    {OP_FUCOMI, 0, true, false, true},   {OP_FUCOMIP, 1, true, false, true},
    {OP_FTST, 0, false, false, false},
};

/* By enum float80_relation. */
static const uint16_t RELATION_CC[] = {0, X87_C0, X87_C3, X87_C0 | X87_C2 | X87_C3};
static const uint8_t RELATION_FLAGS[] = {0, RFLAGS_CF, RFLAGS_ZF,
                                         RFLAGS_CF | RFLAGS_PF | RFLAGS_ZF};

static void report(struct cpu_state *s, const struct compare_row *row,
                   enum float80_relation relation) {
    if (row->to_flags)
        rflags_set_arith(s, RELATION_FLAGS[relation]);
    else
        x87_set_cc(&s->x87, RELATION_CC[relation]);
}

/* Compares ST(0) with b. absent: one of them is an empty register. */
static __attribute__((noinline)) void compare(struct cpu_state *s, const struct compare_row *row,
                                              struct x87_operand b, bool absent) {
    struct x87 *f = &s->x87;
    struct float80_env env = float80_env_of(f->fcw);
    enum float80_relation relation = FLOAT80_UNORDERED;
    if (UNLIKELY(absent)) {
        env.raised = FLOAT80_IE | X87_SF;
    } else {
        relation = float80_compare(&env, *x87_st(f, 0), b.value, row->quiet);
        if (b.denormal && relation != FLOAT80_UNORDERED) env.raised |= FLOAT80_DE;
    }
    if (row->to_flags && !absent) env.raised |= f->fsw & X87_C1;
    report(s, row, relation);
    x87_settle(f, &env);
    if (UNLIKELY(float80_suppressed(&env))) return;
    for (unsigned i = 0; i < row->pops; i++) x87_pop(f);
}

static const struct uop *x87_compare_register(struct cpu *cpu, const struct uop *u) {
    struct x87 *f = &cpu->state.x87;
    if (UNLIKELY(x87_pending(&cpu->state))) return uop_raise(cpu, u, EXCEPTION_MF, 0);
    x87_track(cpu, u);
    compare(&cpu->state, u->ptr, (struct x87_operand){*x87_st(f, u->dst), false},
            x87_empty(f, 0) || x87_empty(f, u->dst));
    NEXT(cpu, u);
}

static const struct uop *x87_compare_zero(struct cpu *cpu, const struct uop *u) {
    if (UNLIKELY(x87_pending(&cpu->state))) return uop_raise(cpu, u, EXCEPTION_MF, 0);
    x87_track(cpu, u);
    compare(&cpu->state, u->ptr, (struct x87_operand){{0, 0}, false},
            x87_empty(&cpu->state.x87, 0));
    NEXT(cpu, u);
}

static const struct uop *x87_compare_memory(struct cpu *cpu, const struct uop *u) {
    struct x87_operand operand;
    const uint64_t gva = uop_address(cpu, u);
    if (UNLIKELY(x87_pending(&cpu->state))) return uop_raise(cpu, u, EXCEPTION_MF, 0);
    if (UNLIKELY(!x87_read_operand(cpu, gva, u->dst, &operand))) return uop_raise_memory(cpu, u);
    x87_track_memory(cpu, u, gva);
    compare(&cpu->state, u->ptr, operand, x87_empty(&cpu->state.x87, 0));
    return u + 1;
}

int lower_x87_compare(const struct insn *insn, struct uop *u) {
    const struct operand *memory = x87_memory_operand(insn);
    const struct compare_row *row = ROWS;
    while (row->op != insn->op) row++;
    x87_lower_common(insn, u);
    u->ptr = row;
    u->dst = memory ? (uint8_t)x87_format_of(memory, row->integer) : insn->modrm & 7;
    u->fn = memory                ? x87_compare_memory
            : insn->op == OP_FTST ? x87_compare_zero
                                  : x87_compare_register;
    return LOWER_NEXT;
}

/* C3, C2, C0 by class; an empty register is C3 and C0. C1 is the sign in any case. */
static unsigned examine(struct float80 a, bool empty) {
    static const uint16_t by_class[] = {
        [FLOAT80_CLASS_ZERO] = X87_C3,   [FLOAT80_CLASS_DENORMAL] = X87_C3 | X87_C2,
        [FLOAT80_CLASS_NORMAL] = X87_C2, [FLOAT80_CLASS_INFINITY] = X87_C2 | X87_C0,
        [FLOAT80_CLASS_QNAN] = X87_C0,   [FLOAT80_CLASS_SNAN] = X87_C0,
        [FLOAT80_CLASS_UNSUPPORTED] = 0,
    };
    return (empty ? X87_C3 | X87_C0 : by_class[float80_classify(a)]) |
           (float80_sign(a) ? X87_C1 : 0);
}

static const struct uop *x87_fxam(struct cpu *cpu, const struct uop *u) {
    struct x87 *f = &cpu->state.x87;
    if (UNLIKELY(x87_pending(&cpu->state))) return uop_raise(cpu, u, EXCEPTION_MF, 0);
    x87_track(cpu, u);
    x87_set_cc(f, examine(*x87_st(f, 0), x87_empty(f, 0)));
    NEXT(cpu, u);
}

int lower_x87_fxam(const struct insn *insn, struct uop *u) {
    x87_lower_common(insn, u);
    u->fn = x87_fxam;
    return LOWER_NEXT;
}
