/* SPDX-License-Identifier: ISC */
/* The SSE floating-point environment. While an engine runs, the host's floating-point control holds the guest's rounding
 * mode, DAZ and FTZ with every exception masked, so that a C operator is the guest's operation; exceptions accumulate
 * in the host's sticky flags and reach cpu->state.mxcsr at fp_sync. Outside fp_enter .. fp_leave the host has its own
 * environment and state.mxcsr is complete.
 * fp_host_<processor>.c holds what depends on the host; only cpu/interp and the engine call these. */
#pragma once

#include "cpu/cpu.h"

#include <stdbool.h>

enum mxcsr {
    MXCSR_IE = 0x1, MXCSR_DE = 0x2, MXCSR_ZE = 0x4, MXCSR_OE = 0x8, MXCSR_UE = 0x10, MXCSR_PE = 0x20,
    MXCSR_FLAGS = 0x3f, MXCSR_DAZ = 0x40, MXCSR_MASKS = 0x1f80, MXCSR_UM = 0x800, MXCSR_RC = 0x6000,
    MXCSR_FTZ = 0x8000, MXCSR_DEFAULT = 0x1f80, MXCSR_VALID = 0xffff, MXCSR_MASK_SHIFT = 7, MXCSR_RC_SHIFT = 13,
};

enum rounding { ROUND_NEAREST, ROUND_DOWN, ROUND_UP, ROUND_ZERO };

/* Brackets guest execution on this host thread. */
void fp_enter(struct cpu *cpu);
void fp_leave(struct cpu *cpu);
/* Merges the host's sticky flags into state.mxcsr; before anything reads state.mxcsr inside the bracket. */
void fp_sync(struct cpu *cpu);
/* Makes the host follow a new state.mxcsr; after anything wrote it inside the bracket. Old host flags are dropped:
 * call fp_sync before the write if they are to survive. */
void fp_load(struct cpu *cpu);

/* For the semantic functions: the host's environment as the guest's MXCSR bits. */
uint32_t fp_control(void);         /* DAZ, FTZ and RC as the guest set them */
void fp_raise(uint32_t flags);     /* sets sticky flags (MXCSR_IE ..) */

/* Exact unmasked exceptions. fp_trap_begin starts with clean flags; fp_trap_end tells whether an unmasked exception
 * happened since (its flags are then in state.mxcsr, as the SDM says, and the instruction must raise #XM without having
 * changed anything else). also: flags that count as happened.
 * fp_tiny_begin .. fp_tiny_end between: an operation done there gives MXCSR_UE for a tiny result even if it is exact. */
void fp_trap_begin(struct cpu *cpu);
bool fp_trap_end(struct cpu *cpu, uint32_t also);
void fp_tiny_begin(void);
uint32_t fp_tiny_end(struct cpu *cpu);

/* True if the guest has unmasked an exception: every SSE operation is then checked before it commits. */
static inline bool fp_unmasked(const struct cpu *cpu) {
    return (cpu->state.mxcsr & MXCSR_MASKS) != MXCSR_MASKS;
}

static inline enum rounding fp_rounding(void) {
    return (enum rounding)((fp_control() & MXCSR_RC) >> MXCSR_RC_SHIFT);
}
