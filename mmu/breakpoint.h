/* SPDX-License-Identifier: ISC */
/* Addresses of a space at which engines stop before the instruction there (EXIT_BREAKPOINT). Guest memory does not change.
 * A debugger sets them while no thread of the space runs; engines ask when they translate. */
#pragma once

#include "mmu/space.h"

/* Return 0, -ENOMEM. Setting one that is there, or clearing one that is not, does nothing. */
int space_set_breakpoint(struct address_space *space, uint64_t gva);
void space_clear_breakpoint(struct address_space *space, uint64_t gva);
void space_clear_breakpoints(struct address_space *space);
/* fork: the child stops where its parent does. Returns 0 or -ENOMEM. */
int space_copy_breakpoints(const struct address_space *from, struct address_space *to);
/* Whether it has any. */
bool space_has_breakpoints(const struct address_space *space);
bool space_has_breakpoint(const struct address_space *space, uint64_t gva);
