/* SPDX-License-Identifier: ISC */
/* The interpreter's own state in a cpu, and the ways from block to block. Private to cpu/interp. */
#pragma once

#include "cpu/interp/cache.h"

/* Whether interp_visit runs; it is, or has been, on an unstable page. */
enum visit { VISIT_NONE, VISIT_ONE, VISIT_UNSTABLE };

struct interp {
    enum exit exit;       /* why the handlers returned NULL */
    int64_t budget_base;  /* cpu->budget when cpu->retired was last exact */
    enum visit visit;
    int64_t visit_budget; /* at its begin */
    uint64_t code_changes; /* space_code_changes when the cache was last checked on entry */
    struct cache cache;
};

/* The entry of the block at rip, translated if need be. NULL: left with an exit (fetch fault, no budget left), rip
 * and counts exact. Only between blocks. */
const struct uop *interp_goto(struct cpu *cpu, uint64_t rip);
/* The same for a target that an instruction computed, through the jump cache. */
static inline const struct uop *interp_jump(struct cpu *cpu, uint64_t rip) {
    const struct jump_slot *slot = cache_jump_slot(&cpu->interp->cache, rip);
    return LIKELY(slot->rip == rip) ? slot->uop : interp_goto(cpu, rip);
}
/* Stops between blocks. Returns NULL. */
const struct uop *interp_stop(struct cpu *cpu, uint64_t rip, enum exit exit);
const struct uop *interp_raise(struct cpu *cpu, uint64_t rip, enum exception_vector vector, uint32_t error_code);
/* Memory refusal at rip as an exception. seg chooses between #SS and #GP. */
const struct uop *interp_raise_memory(struct cpu *cpu, uint64_t rip, unsigned seg);

/* uop_raise_memory for an access to the stack by an instruction whose memory operand is another. */
const struct uop *uop_raise_stack(struct cpu *cpu, const struct uop *u);

/* Handlers that are not instructions. */
uop_fn uop_entry;      /* counts the block and looks at the kicks */
uop_fn uop_entry_verified; /* the same of a block that compares its bytes */
uop_fn uop_entry_break; /* either of the two where there is a breakpoint */
uop_fn uop_entry_dead; /* of a dropped block: look again */
uop_fn uop_resync;     /* the rest of a dropped block that is running: go on in a new one */
uop_fn uop_followed;   /* a jump that the block goes on behind: nothing, a place for uop_resync */
uop_fn uop_goto;       /* goes to ptr */
uop_fn uop_exit;       /* goes to the address imm, and links the uop at disp to what is there */
uop_fn uop_exit_once;  /* the same in a truncated block: no link */
uop_fn uop_address_fs; /* gpr[GPR_ADDRESS] = segment base src + address */
uop_fn uop_address_32; /* the same with the address cut to 32 bits */
uop_fn uop_ud;         /* #UD */
uop_fn uop_gp;         /* #GP(imm) */
