/* SPDX-License-Identifier: ISC */
/* Register moves and sign changes, which look at no class of value: FXCH, FCMOVcc, FCHS, FABS; and
 * the stack's own housekeeping: FFREE, FFREEP, FINCSTP, FDECSTP, FNOP. Source: SDM 2. */
#include "cpu/flags.h"
#include "cpu/interp/x87.h"

/* An empty register takes part as the default NaN, if IE is masked. */
static void exchange(struct x87 *f, unsigned i) {
    if (UNLIKELY(x87_empty(f, 0) || x87_empty(f, i))) {
        if (!x87_underflow(f)) return;
        if (x87_empty(f, 0)) x87_set(f, 0, float80_default_nan());
        if (x87_empty(f, i)) x87_set(f, i, float80_default_nan());
    } else {
        f->fsw &= (uint16_t)~X87_C1;
    }
    const struct float80 value = *x87_st(f, 0);
    *x87_st(f, 0) = *x87_st(f, i);
    *x87_st(f, i) = value;
}

static const struct uop *x87_fxch(struct cpu *cpu, const struct uop *u) {
    if (UNLIKELY(x87_pending(&cpu->state))) return uop_raise(cpu, u, EXCEPTION_MF, 0);
    x87_track(cpu, u);
    exchange(&cpu->state.x87, u->dst);
    NEXT(cpu, u);
}

enum cmov_condition { CMOV_B, CMOV_E, CMOV_BE, CMOV_U, CMOV_NEGATED };

static bool cmov_taken(const struct cpu_state *s, unsigned condition) {
    bool holds = flag_pf(s);
    switch (condition & 3) {
    case CMOV_B:
        holds = flag_cf(s);
        break;
    case CMOV_E:
        holds = flag_zf(s);
        break;
    case CMOV_BE:
        holds = flag_cf(s) || flag_zf(s);
        break;
    default:
        break;
    }
    return holds != (condition >= CMOV_NEGATED);
}

static const struct uop *x87_fcmov(struct cpu *cpu, const struct uop *u) {
    struct x87 *f = &cpu->state.x87;
    if (UNLIKELY(x87_pending(&cpu->state))) return uop_raise(cpu, u, EXCEPTION_MF, 0);
    x87_track(cpu, u);
    if (UNLIKELY(x87_empty(f, 0) || x87_empty(f, u->dst))) {
        if (x87_underflow(f)) x87_set(f, 0, float80_default_nan());
    } else if (cmov_taken(&cpu->state, u->src)) {
        *x87_st(f, 0) = *x87_st(f, u->dst);
    }
    NEXT(cpu, u);
}

/* keep: sign bits that stay; flip: sign bits that turn. */
static void change_sign(struct x87 *f, unsigned keep, unsigned flip) {
    if (UNLIKELY(x87_empty(f, 0))) {
        if (x87_underflow(f)) x87_set(f, 0, float80_default_nan());
        return;
    }
    struct float80 *st = x87_st(f, 0);
    f->fsw &= (uint16_t)~X87_C1;
    st->se = (uint16_t)((st->se & (keep | FLOAT80_EXP_MAX)) ^ flip);
}

static const struct uop *x87_fchs(struct cpu *cpu, const struct uop *u) {
    if (UNLIKELY(x87_pending(&cpu->state))) return uop_raise(cpu, u, EXCEPTION_MF, 0);
    x87_track(cpu, u);
    change_sign(&cpu->state.x87, FLOAT80_SIGN, FLOAT80_SIGN);
    NEXT(cpu, u);
}

static const struct uop *x87_fabs(struct cpu *cpu, const struct uop *u) {
    if (UNLIKELY(x87_pending(&cpu->state))) return uop_raise(cpu, u, EXCEPTION_MF, 0);
    x87_track(cpu, u);
    change_sign(&cpu->state.x87, 0, 0);
    NEXT(cpu, u);
}

/* dst: the register freed, if src says so; the stack then turns by imm. */
static const struct uop *x87_turn(struct cpu *cpu, const struct uop *u) {
    struct x87 *f = &cpu->state.x87;
    if (UNLIKELY(x87_pending(&cpu->state))) return uop_raise(cpu, u, EXCEPTION_MF, 0);
    x87_track(cpu, u);
    f->fsw &= (uint16_t)~X87_C1;
    if (u->src) x87_free(f, u->dst);
    if (u->imm > 0 && u->src) x87_free(f, 0);
    x87_set_top(f, x87_top(f) + (unsigned)u->imm);
    NEXT(cpu, u);
}

static const struct uop *x87_fnop(struct cpu *cpu, const struct uop *u) {
    if (UNLIKELY(x87_pending(&cpu->state))) return uop_raise(cpu, u, EXCEPTION_MF, 0);
    x87_track(cpu, u);
    NEXT(cpu, u);
}

int lower_x87_fxch(const struct insn *insn, struct uop *u) {
    x87_lower_common(insn, u);
    u->dst = insn->modrm & 7;
    u->fn = x87_fxch;
    return LOWER_NEXT;
}

/* DA: the condition; DB: its negation; ModRM bits 3 and 4 say which. */
int lower_x87_fcmov(const struct insn *insn, struct uop *u) {
    x87_lower_common(insn, u);
    u->dst = insn->modrm & 7;
    u->src = ((insn->modrm >> 3) & 3) | (insn->opcode & 1 ? CMOV_NEGATED : 0);
    u->fn = x87_fcmov;
    return LOWER_NEXT;
}

int lower_x87_fchs(const struct insn *insn, struct uop *u) {
    x87_lower_common(insn, u);
    u->fn = x87_fchs;
    return LOWER_NEXT;
}

int lower_x87_fabs(const struct insn *insn, struct uop *u) {
    x87_lower_common(insn, u);
    u->fn = x87_fabs;
    return LOWER_NEXT;
}

static int lower_turn(const struct insn *insn, struct uop *u, bool frees, int turn) {
    x87_lower_common(insn, u);
    u->dst = insn->modrm & 7;
    u->src = frees;
    u->imm = turn;
    u->fn = x87_turn;
    return LOWER_NEXT;
}

int lower_x87_ffree(const struct insn *insn, struct uop *u) {
    return lower_turn(insn, u, true, 0);
}

int lower_x87_ffreep(const struct insn *insn, struct uop *u) {
    return lower_turn(insn, u, true, 1);
}

int lower_x87_fincstp(const struct insn *insn, struct uop *u) {
    return lower_turn(insn, u, false, 1);
}

int lower_x87_fdecstp(const struct insn *insn, struct uop *u) {
    return lower_turn(insn, u, false, -1);
}

/* What is left of FNENI, FNDISI, FNSETPM: control instructions that do not wait. */
static const struct uop *x87_fneni(struct cpu *cpu, const struct uop *u) {
    NEXT(cpu, u);
}

int lower_x87_fnop(const struct insn *insn, struct uop *u) {
    x87_lower_common(insn, u);
    u->fn = insn->opcode == 0xdb ? x87_fneni : x87_fnop;
    return LOWER_NEXT;
}
