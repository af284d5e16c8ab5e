/* SPDX-License-Identifier: ISC */
/* What every engine offers. An engine runs one cpu until there is a reason to stop. */
#pragma once

#include "cpu/cpu.h"

struct engine {
    const char *name;
    bool wants_windows; /* gains nothing in paged spaces */
    /* Runs until an exit. cpu->tlb is attached. cpu->retired and cpu->budget are exact on return. */
    enum exit (*run)(struct cpu *cpu);
    /* Drops everything cached for this cpu (exec, new address space). */
    void (*flush)(struct cpu *cpu);
    /* Frees what the engine keeps in the cpu. */
    void (*fini)(struct cpu *cpu);
};

extern const struct engine engine_interp;
/* For an engine that keeps its own code: interprets one instruction, and then more while they lie on unstable pages (mmu/tlb.h).
 * An unlimited budget stays so. EXIT_NONE: go on. */
enum exit interp_visit(struct cpu *cpu);
