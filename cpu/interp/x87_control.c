/* SPDX-License-Identifier: ISC */
/* Control instructions: they leave instruction and data pointers alone. The FN ones do not wait, so
 * they neither report a pending exception. Source: SDM 2 FLDCW, FNSTCW, FNSTSW, FNCLEX, FNINIT,
 * WAIT. */
#include "cpu/interp/x87.h"
#include "cpu/interp/x87_env.h"

void x87_init(struct x87 *f) {
    f->fcw = X87_FCW_INIT;
    f->fsw = 0;
    f->ftw = 0;
    f->fop = 0;
    f->fip = f->fdp = 0;
}

static const struct uop *x87_fldcw(struct cpu *cpu, const struct uop *u) {
    uint16_t fcw;
    if (UNLIKELY(x87_pending(&cpu->state))) return uop_raise(cpu, u, EXCEPTION_MF, 0);
    if (UNLIKELY(!mem_read(cpu, uop_address(cpu, u), &fcw, 2))) return uop_raise_memory(cpu, u);
    x87_set_fcw(&cpu->state.x87, fcw);
    return u + 1;
}

static const struct uop *x87_fnstcw(struct cpu *cpu, const struct uop *u) {
    if (UNLIKELY(!mem_write(cpu, uop_address(cpu, u), &cpu->state.x87.fcw, 2)))
        return uop_raise_memory(cpu, u);
    NEXT(cpu, u);
}

static const struct uop *x87_fnstsw_memory(struct cpu *cpu, const struct uop *u) {
    if (UNLIKELY(!mem_write(cpu, uop_address(cpu, u), &cpu->state.x87.fsw, 2)))
        return uop_raise_memory(cpu, u);
    NEXT(cpu, u);
}

static const struct uop *x87_fnstsw_ax(struct cpu *cpu, const struct uop *u) {
    uint64_t *rax = &cpu->state.gpr[RAX];
    *rax = (*rax & ~0xffffull) | cpu->state.x87.fsw;
    NEXT(cpu, u);
}

static const struct uop *x87_fnclex(struct cpu *cpu, const struct uop *u) {
    cpu->state.x87.fsw &= (uint16_t) ~(X87_EXCEPTIONS | X87_SF | X87_ES | X87_BUSY);
    NEXT(cpu, u);
}

static const struct uop *x87_fninit(struct cpu *cpu, const struct uop *u) {
    x87_init(&cpu->state.x87);
    NEXT(cpu, u);
}

static const struct uop *x87_wait(struct cpu *cpu, const struct uop *u) {
    if (UNLIKELY(x87_pending(&cpu->state))) return uop_raise(cpu, u, EXCEPTION_MF, 0);
    NEXT(cpu, u);
}

int lower_x87_fldcw(const struct insn *insn, struct uop *u) {
    u->fn = x87_fldcw;
    return LOWER_NEXT;
}

int lower_x87_fnstcw(const struct insn *insn, struct uop *u) {
    u->fn = x87_fnstcw;
    return LOWER_NEXT;
}

int lower_x87_fnstsw(const struct insn *insn, struct uop *u) {
    u->fn = x87_memory_operand(insn) ? x87_fnstsw_memory : x87_fnstsw_ax;
    return LOWER_NEXT;
}

int lower_x87_fnclex(const struct insn *insn, struct uop *u) {
    u->fn = x87_fnclex;
    return LOWER_NEXT;
}

int lower_x87_fninit(const struct insn *insn, struct uop *u) {
    u->fn = x87_fninit;
    return LOWER_NEXT;
}

int lower_x87_wait(const struct insn *insn, struct uop *u) {
    u->fn = x87_wait;
    return LOWER_NEXT;
}
