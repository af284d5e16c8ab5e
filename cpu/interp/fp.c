/* SPDX-License-Identifier: ISC */
/* Keeping the host's floating-point environment in step with the guest's MXCSR; see fp.h for the invariant. The host's
 * own environment is the default one outside the bracket: round to nearest, all masked. */
#include "cpu/interp/fp.h"

#include "cpu/interp/fp_host.h"

/* FTZ acts only while underflow is masked (SDM 1 10.2.3.3). */
static uint32_t host_control(uint32_t mxcsr) {
    const uint32_t control = mxcsr & (MXCSR_DAZ | MXCSR_RC | MXCSR_FTZ);
    return mxcsr & MXCSR_UM ? control : control & ~(uint32_t)MXCSR_FTZ;
}

void fp_enter(struct cpu *cpu) {
    fp_host_set(host_control(cpu->state.mxcsr));
}

void fp_sync(struct cpu *cpu) {
    cpu->state.mxcsr |= fp_host_get() & MXCSR_FLAGS;
}

void fp_leave(struct cpu *cpu) {
    fp_sync(cpu);
    fp_host_set(MXCSR_DEFAULT);
}

void fp_load(struct cpu *cpu) {
    fp_host_set(host_control(cpu->state.mxcsr));
}

uint32_t fp_control(void) {
    return fp_host_get() & (MXCSR_DAZ | MXCSR_FTZ | MXCSR_RC);
}

void fp_raise(uint32_t flags) {
    fp_host_set(fp_host_get() | flags);
}

void fp_trap_begin(struct cpu *cpu) {
    fp_sync(cpu);
    fp_load(cpu);
}

void fp_tiny_begin(void) {
    fp_host_set(fp_host_get() | MXCSR_FTZ);
}

uint32_t fp_tiny_end(struct cpu *cpu) {
    const uint32_t tiny = fp_host_get() & MXCSR_UE;
    fp_load(cpu);
    return tiny;
}

bool fp_trap_end(struct cpu *cpu, uint32_t also) {
    const uint32_t raised = (fp_host_get() & MXCSR_FLAGS) | also;
    const uint32_t unmasked = raised & ~(cpu->state.mxcsr >> MXCSR_MASK_SHIFT) & MXCSR_FLAGS;
    const uint32_t before = MXCSR_IE | MXCSR_DE | MXCSR_ZE; /* found before computing: the others do not happen then */
    if (unmasked) cpu->state.mxcsr |= unmasked & before ? raised & before : raised;
    fp_load(cpu);
    if (!unmasked) fp_raise(raised);
    return unmasked;
}
