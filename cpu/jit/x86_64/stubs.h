/* SPDX-License-Identifier: ISC */
/* The code between C and translated code. */
#pragma once

#include "cpu/jit/x86_64/code_space.h"

/* Writes the stubs at the start of the code: enter, leave, and one that takes each shared exit. */
void stubs_write(struct jit_space *space);
/* Leaves translated code by an exit: 17 bytes. All guest registers but RIP are in their host registers. */
void asm_leave(struct assembler *a, const struct jit_space *space, uint32_t exit);
