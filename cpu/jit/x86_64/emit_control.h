/* SPDX-License-Identifier: ISC */
/* Transfers of control: what emit_control.c, emit_indirect.c and emit_landing.c have of each other. */
#pragma once

#include "cpu/jit/x86_64/emitter.h"

static inline bool fits_positive(uint64_t pc) {
    return pc <= INT32_MAX;
}

/* NOPs, so that the rel32 after `opcode` bytes can be patched by one atomic store: it must not cross a cache line. */
void align_site(struct assembler *a, unsigned opcode);
/* A rel32 to pc's code, or a jump there; it goes to an exit, whose stub emit_cold writes, until it is linked. */
void external_rel32(struct emitter *e, enum jit_exit_kind kind, uint64_t pc);
void external_jump(struct emitter *e, uint64_t pc);

/* Behind a call that has just been written: where its return comes back. */
void emit_return_landing(struct emitter *e, const struct unit_insn *u);
/* In front of a call, for its return landing. */
void emit_return_trampoline(struct emitter *e);
/* The host's return address, at RSP, becomes the guest's, which is in R10. */
void store_return_address(struct assembler *a);

bool emit_jump_indirect(struct emitter *e, const struct unit_insn *u);
bool emit_call_indirect(struct emitter *e, const struct unit_insn *u);
void emit_return(struct emitter *e, const struct unit_insn *u);
