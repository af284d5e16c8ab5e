/* SPDX-License-Identifier: ISC */
/* From a plan to code. */
#pragma once

#include "cpu/jit/x86_64/code_space.h"

/* Translates space->plan at the end of the code and enters its addresses in the map; by_jump: its first one as a target of indirect
 * jumps as well. Room for JIT_UNIT_MAX_BYTES must be there.
 * Returns the unit's number, or JIT_NONE without memory. */
uint32_t emit_unit(struct jit_space *space, bool by_jump);
/* Code that checks that the guest goes to pc (in R11), and goes on at the entry `body`. For a return: also puts the return address back
 * below RSP. Returns its address. */
uint64_t emit_jump_landing(struct jit_space *space, uint64_t pc, uint64_t body, bool flags_dead);
uint64_t emit_return_landing(struct jit_space *space, uint64_t pc, uint64_t body, bool flags_dead);
