/* SPDX-License-Identifier: ISC */
/* Compare and swap of 16 bytes: atomic16_<processor>.c, or atomic16_generic.c where the processor has no such instruction. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct host_mutex;

/* host: 16-aligned. Stores desired if the memory is expected; else updates expected. lock: for hosts that cannot do it at once; there
 * it is atomic for others that come here, not for plain stores. NULL: nobody else runs. */
bool atomic16_swap_if(struct host_mutex *lock, void *host, uint64_t expected[2], const uint64_t desired[2]);
