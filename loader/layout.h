/* SPDX-License-Identifier: ISC */
/* Where Linux puts things in an x86-64 address space. For loader/ only. */
#pragma once

#include "loader/load.h"

/* Where a position-independent program with an interpreter goes, and the heap of one without. */
#define LAYOUT_PROGRAM_BASE 0x555555554000ull

/* End of the stack (exclusive, page-aligned). */
uint64_t layout_stack_top(const struct load *load);
/* Where mmap starts looking downwards: below the room that the stack may grow into. */
uint64_t layout_mmap_top(const struct load *load);
/* Base for a position-independent program with an interpreter. */
uint64_t layout_program_base(const struct load *load, uint64_t align);
/* Start of the heap for a program that ends at `end`. */
uint64_t layout_brk(const struct load *load, uint64_t end);
/* Bytes (0..8191) that the first stack frame is moved down by. */
uint64_t layout_stack_shift(const struct load *load);
