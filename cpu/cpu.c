/* SPDX-License-Identifier: ISC */
/* Making and freeing virtual CPUs. */
#include "cpu/cpu.h"

#include "cpu/engine.h"
#include "cpu/flags.h"

#include <stdlib.h>
#include <string.h>

void cpu_reset_state(struct cpu *cpu) {
    struct cpu_state *state = &cpu->state;
    memset(state, 0, sizeof *state);
    state->x87.fcw = 0x37f;
    state->mxcsr = 0x1f80;
    state->seg_sel[SEG_CS] = 0x33;
    state->seg_sel[SEG_SS] = 0x2b;
    rflags_set(state, RFLAGS_ONE | RFLAGS_IF);
}

struct cpu *cpu_new(const struct cpu_env *env) {
    struct cpu *cpu = aligned_alloc(_Alignof(struct cpu), sizeof *cpu);
    if (!cpu) return NULL;
    memset(cpu, 0, sizeof *cpu);
    cpu->env = env;
    cpu->budget = INT64_MAX;
    cpu_reset_state(cpu);
    tlb_init(&cpu->tlb);
    return cpu;
}

void cpu_free(struct cpu *cpu) {
    if (!cpu) return;
    engine_interp.fini(cpu);
    tlb_attach(&cpu->tlb, NULL);
    free(cpu);
}

void cpu_copy_state(struct cpu *to, const struct cpu *from) {
    to->state = from->state;
}

void cpu_kick(struct cpu *cpu) {
    tlb_kick(&cpu->tlb, KICK_EXIT);
}
