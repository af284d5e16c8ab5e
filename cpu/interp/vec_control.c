/* SPDX-License-Identifier: ISC */
/* Instructions on the state around the vector registers: EMMS, VZEROUPPER, VZEROALL, LDMXCSR, STMXCSR. */
#include "cpu/interp/fp.h"
#include "cpu/interp/vec.h"
#include "cpu/interp/vec_access.h"

static const struct uop *emms(struct cpu *cpu, const struct uop *u) {
    if (UNLIKELY(x87_pending(&cpu->state))) return uop_raise(cpu, u, EXCEPTION_MF, 0);
    x87_leave_mmx(&cpu->state);
    NEXT(cpu, u);
}

int lower_vec_emms(const struct insn *insn, struct uop *u) {
    u->fn = emms;
    return LOWER_NEXT;
}

static const struct uop *vzeroupper(struct cpu *cpu, const struct uop *u) {
    for (unsigned i = 0; i < 16; i++) cpu->state.ymm[i].u64[2] = cpu->state.ymm[i].u64[3] = 0;
    NEXT(cpu, u);
}

static const struct uop *vzeroall(struct cpu *cpu, const struct uop *u) {
    memset(cpu->state.ymm, 0, sizeof cpu->state.ymm);
    NEXT(cpu, u);
}

int lower_vec_vzero(const struct insn *insn, struct uop *u) {
    u->fn = insn->op == OP_VZEROALL ? vzeroall : vzeroupper;
    return LOWER_NEXT;
}

/* A reserved bit is #GP, MXCSR unchanged. A set flag together with a cleared mask raises nothing by itself. */
static const struct uop *ldmxcsr(struct cpu *cpu, const struct uop *u) {
    uint32_t value;
    if (!mem_read(cpu, uop_address(cpu, u), &value, 4)) return uop_raise_memory(cpu, u);
    if (value & ~(uint32_t)MXCSR_VALID) return uop_raise(cpu, u, EXCEPTION_GP, 0);
    cpu->state.mxcsr = value;
    fp_load(cpu);
    return u + 1;
}

static const struct uop *stmxcsr(struct cpu *cpu, const struct uop *u) {
    fp_sync(cpu);
    const uint32_t value = cpu->state.mxcsr;
    if (!mem_write(cpu, uop_address(cpu, u), &value, 4)) return uop_raise_memory(cpu, u);
    return u + 1;
}

int lower_vec_mxcsr(const struct insn *insn, struct uop *u) {
    u->fn = insn->op == OP_LDMXCSR ? ldmxcsr : stmxcsr;
    return LOWER_NEXT;
}
