/* SPDX-License-Identifier: ISC */
/* Functions of ST(0), or of ST(0) and ST(1), that take their operands from the top of the stack and
 * leave one result (replacing ST(0), or replacing both), or two. One row per op. Source: SDM 2;
 * condition codes: SDM 1 table 8-1. */
#include "cpu/interp/x87.h"

/* In: ST(0), ST(1). Out: the new ST(0), and ST(1) if the row pushes. */
struct values {
    struct float80 st[2];
    unsigned cc_known, cc; /* condition code bits that the function decides, and their values */
    bool declined;         /* the operand is out of range: ST(0) stays, nothing is pushed */
};

typedef void function_fn(struct float80_env *env, struct values *v);

enum change { REPLACE, POP, PUSH };

struct function_row {
    uint16_t op;
    uint8_t inputs;    /* 1: ST(0); 2: ST(1) too */
    uint8_t change;    /* enum change */
    uint16_t cc_clear; /* condition code bits cleared whatever happens; C1 always is */
    function_fn *fn;
};

static void function_sqrt(struct float80_env *env, struct values *v) {
    v->st[0] = float80_sqrt(env, v->st[0]);
}

static void function_rndint(struct float80_env *env, struct values *v) {
    v->st[0] = float80_round_to_int(env, v->st[0]);
}

static void function_scale(struct float80_env *env, struct values *v) {
    v->st[0] = float80_scale(env, v->st[0], v->st[1]);
}

static void function_xtract(struct float80_env *env, struct values *v) {
    v->st[0] = float80_extract(env, v->st[0], &v->st[1]);
}

/* C0 C3 C1 are quotient bits 2 1 0 of a complete reduction of numbers; C2 says incomplete. */
static void remainder_of(struct float80_env *env, struct values *v, bool nearest) {
    unsigned quotient;
    bool partial;
    const bool numbers = float80_classify(v->st[0]) < FLOAT80_CLASS_QNAN &&
                         float80_classify(v->st[1]) < FLOAT80_CLASS_QNAN;
    v->st[0] = float80_rem(env, v->st[0], v->st[1], nearest, &quotient, &partial);
    if (!numbers || env->raised & FLOAT80_IE || float80_suppressed(env)) return;
    v->cc_known = X87_CC;
    if (partial)
        v->cc = X87_C2;
    else
        v->cc =
            (quotient & 4 ? X87_C0 : 0) | (quotient & 2 ? X87_C3 : 0) | (quotient & 1 ? X87_C1 : 0);
}

static void function_prem(struct float80_env *env, struct values *v) {
    remainder_of(env, v, false);
}

static void function_prem1(struct float80_env *env, struct values *v) {
    remainder_of(env, v, true);
}

static void function_2xm1(struct float80_env *env, struct values *v) {
    v->st[0] = float80_2xm1(env, v->st[0]);
}

static void function_yl2x(struct float80_env *env, struct values *v) {
    v->st[0] = float80_yl2x(env, v->st[1], v->st[0]);
}

static void function_yl2xp1(struct float80_env *env, struct values *v) {
    v->st[0] = float80_yl2xp1(env, v->st[1], v->st[0]);
}

static void function_patan(struct float80_env *env, struct values *v) {
    v->st[0] = float80_atan(env, v->st[1], v->st[0]);
}

/* Says so in C2 when the operand was out of range. */
static void decline(struct values *v, bool out_of_range) {
    v->declined = out_of_range;
    v->cc_known = X87_C2;
    v->cc = out_of_range ? X87_C2 : 0;
}

static void function_sin(struct float80_env *env, struct values *v) {
    bool out_of_range;
    v->st[0] = float80_sin(env, v->st[0], &out_of_range);
    decline(v, out_of_range);
}

static void function_cos(struct float80_env *env, struct values *v) {
    bool out_of_range;
    v->st[0] = float80_cos(env, v->st[0], &out_of_range);
    decline(v, out_of_range);
}

/* The cosine ends on top; C1 tells of its rounding. */
static void function_sincos(struct float80_env *env, struct values *v) {
    bool out_of_range;
    const struct float80 a = v->st[0];
    v->st[1] = float80_sin(env, a, &out_of_range);
    env->raised &= (uint16_t)~FLOAT80_C1;
    v->st[0] = float80_cos(env, a, &out_of_range);
    decline(v, out_of_range);
}

static void function_tan(struct float80_env *env, struct values *v) {
    bool out_of_range;
    const struct float80 one = {FLOAT80_INTEGER_BIT, FLOAT80_BIAS};
    v->st[1] = float80_tan(env, v->st[0], &out_of_range);
    v->st[0] = float80_classify(v->st[1]) >= FLOAT80_CLASS_QNAN ? v->st[1] : one;
    decline(v, out_of_range);
}

static const struct function_row ROWS[] = {
    {OP_FSQRT, 1, REPLACE, 0, function_sqrt},       {OP_FRNDINT, 1, REPLACE, 0, function_rndint},
    {OP_FSCALE, 2, REPLACE, 0, function_scale},     {OP_FXTRACT, 1, PUSH, 0, function_xtract},
    {OP_FPREM, 2, REPLACE, X87_C2, function_prem},  {OP_FPREM1, 2, REPLACE, X87_C2, function_prem1},
    {OP_F2XM1, 1, REPLACE, 0, function_2xm1},       {OP_FYL2X, 2, POP, 0, function_yl2x},
    {OP_FYL2XP1, 2, POP, 0, function_yl2xp1},       {OP_FPATAN, 2, POP, 0, function_patan},
    {OP_FSIN, 1, REPLACE, X87_C2, function_sin},    {OP_FCOS, 1, REPLACE, X87_C2, function_cos},
    {OP_FSINCOS, 1, PUSH, X87_C2, function_sincos}, {OP_FPTAN, 1, PUSH, X87_C2, function_tan},
};

static void apply(struct x87 *f, enum change change, const struct float80 st[2]) {
    if (change == POP) x87_pop(f);
    if (change == PUSH) {
        x87_set(f, 0, st[1]);
        x87_push(f, st[0]);
    } else {
        x87_set(f, 0, st[0]);
    }
}

/* The masked response to a stack fault; returns whether there is a fault. */
static bool stack_fault(struct x87 *f, const struct function_row *row) {
    const bool underflow = x87_empty(f, 0) || (row->inputs == 2 && x87_empty(f, 1));
    const bool overflow = row->change == PUSH && !x87_empty(f, 7);
    if (LIKELY(!underflow && !overflow)) return false;
    if (x87_stack_fault(f, underflow ? 0 : X87_C1)) {
        const struct float80 nans[2] = {float80_default_nan(), float80_default_nan()};
        apply(f, row->change, nans);
    }
    return true;
}

static __attribute__((noinline)) void function(struct x87 *f, const struct function_row *row) {
    f->fsw &= (uint16_t)~row->cc_clear;
    if (UNLIKELY(stack_fault(f, row))) return;
    struct float80_env env = float80_env_of(f->fcw);
    struct values v = {.st = {*x87_st(f, 0), *x87_st(f, 1)}};
    row->fn(&env, &v);
    x87_settle(f, &env);
    f->fsw = (uint16_t)((f->fsw & ~v.cc_known) | v.cc);
    if (LIKELY(!float80_suppressed(&env) && !v.declined)) apply(f, row->change, v.st);
}

static const struct uop *x87_function(struct cpu *cpu, const struct uop *u) {
    if (UNLIKELY(x87_pending(&cpu->state))) return uop_raise(cpu, u, EXCEPTION_MF, 0);
    x87_track(cpu, u);
    function(&cpu->state.x87, u->ptr);
    NEXT(cpu, u);
}

int lower_x87_function(const struct insn *insn, struct uop *u) {
    const struct function_row *row = ROWS;
    while (row->op != insn->op) row++;
    x87_lower_common(insn, u);
    u->ptr = row;
    u->fn = x87_function;
    return LOWER_NEXT;
}
