/* SPDX-License-Identifier: ISC */
/* Going back in place: what the process's only thread could write is kept once, and put back as often as wanted, much faster than by making
 * another copy of the process. Invariant: either everything is as it was, memory, mappings, descriptors and their positions, or nothing
 * has been put back. What lies in files, pipes and other processes is not ours to put back. Knows nothing of guests. */
#pragma once

#include "host/memory.h"

struct host_restore;

/* Before what is to be kept is made: memory of the heap stays mapped when it is freed. */
void host_restore_prepare(void);
/* left_alone: memory that is not put back, its ranges in whole pages. Returns NULL without memory, or where it cannot be done. */
struct host_restore *host_restore_new(const struct host_range *left_alone, unsigned n);
/* Returns 0 when all has been kept, 1 each time that host_restore_back has put it back, or -E. Called once. */
int host_restore_keep(struct host_restore *restore);
/* Goes on as host_restore_keep returning 1. Returns -E only when the process has changed in a way that is not undone. */
int host_restore_back(struct host_restore *restore);
