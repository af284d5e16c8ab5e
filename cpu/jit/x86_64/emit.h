/* SPDX-License-Identifier: ISC */
/* From a plan to code. */
#pragma once

#include "cpu/jit/store.h"
#include "cpu/jit/x86_64/code_space.h"

/* Translates space->plan at the end of the code and enters its addresses in the map, and the first one as a target of that way.
 * Room for JIT_UNIT_MAX_BYTES must be there. Returns the unit's number, or JIT_NONE without memory. *image: for the space's store, to be
 * freed by the caller; NULL if it has none. */
uint32_t emit_unit(struct jit_space *space, enum jit_way way, struct jit_image **image);
/* Code out of the way that checks that the guest, coming by an indirect branch, goes to pc (in R11), and goes on at the entry `body`;
 * calls and returns put the guest's return address where the host's is. Returns its offset. */
uint32_t emit_landing(struct jit_space *space, enum jit_way way, uint64_t pc, uint64_t body);
/* Where a direct call to pc goes, with the guest's return address in R10. */
uint32_t emit_call_entry(struct jit_space *space, uint64_t pc, uint64_t body);
