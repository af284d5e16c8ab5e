/* SPDX-License-Identifier: ISC */
/* Tails: what a unit leaves for, if it soon ends in an indirect jump. For code_space.c. */
#pragma once

#include "cpu/jit/x86_64/code_space.h"

/* Copies tails into space->plan, which is a unit that way leads to, and sets space->tail_page. tlb: inside tlb_enter. */
void tails_copy(struct jit_space *space, struct tlb *tlb, enum jit_way way);
