/* SPDX-License-Identifier: ISC */
/* Counting instructions in translated code: nothing here emits anything unless the space counts. */
#pragma once

#include "cpu/jit/x86_64/emitter.h"

/* Makes a loop of one block a unit of its own if a general register is free to count in it, but not in all of the unit. */
void count_split(struct unit_plan *plan);
/* Chooses the register that counts. R10 and R11 that the unit uses are known. */
void count_prepare(struct emitter *e, const bool *is_target);
/* Before the current instruction's code: begins a block if it leads one, checks where flags allow. */
void count_before(struct emitter *e);
/* The current instruction's code is complete. */
void count_after(struct emitter *e);
/* The block, if one is open, is complete. */
void count_close(struct emitter *e);
/* Whoever comes from outside goes to C at the current instruction if the counter is below zero. Flags are kept; R10 and R11 are not
 * loaded yet. */
void count_entry(struct emitter *e, unsigned insn);
bool count_entry_spoils(const struct emitter *e, unsigned insn);
/* The ways to C of all checks. */
void count_cold(struct emitter *e);

/* With the counter in R11: what of the block was counted in advance and has not run is added. */
void count_give_back(struct emitter *e, unsigned block, unsigned done);
/* Brings the counter from R11 to where the unit keeps it, and back. */
void count_take(struct emitter *e);
void count_give(struct emitter *e);
