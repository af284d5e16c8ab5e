/* SPDX-License-Identifier: ISC */
/* The pages that a space's code was made from, each with its units. For the translator; lock held. */
#pragma once

#include "cpu/jit/x86_64/code_space.h"

/* The page at gva, or the free slot that it would take. */
struct jit_page *jit_page_slot(const struct jit_space *space, uint64_t gva);
/* Whether one more page may take a slot; false: no memory. */
bool jit_pages_have_room(struct jit_space *space);
/* Puts a unit into the list of a page: which: 0 of the page it begins in, 1 of the one behind, 2 of that of its tails. */
void jit_page_add(struct jit_space *space, uint32_t unit, uint64_t gva, unsigned which);
/* Code for pc, as the newest of the units has it that know it. */
bool jit_space_entry(const struct jit_space *space, uint64_t pc, struct jit_entry *out);
