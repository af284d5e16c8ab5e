/* SPDX-License-Identifier: ISC */
/* Compare and swap of 16 bytes, by the compiler's __atomic builtins or, where the processor needs an option for it,
 * by assembly chosen in this one file. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* host: 16-aligned. Stores desired if the memory is expected; else updates expected. */
bool atomic16_swap_if(void *host, uint64_t expected[2], const uint64_t desired[2]);
