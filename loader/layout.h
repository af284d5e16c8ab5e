/* SPDX-License-Identifier: ISC */
/* Where things go in an x86-64 address space: where Linux puts them, or, in a window, near translated code. For loader/ only. */
#pragma once

#include "loader/load.h"

/* End of the stack (exclusive, page-aligned). */
uint64_t layout_stack_top(const struct load *load);
/* Where mmap starts looking downwards: below the room that the stack may grow into. */
uint64_t layout_mmap_top(const struct load *load);
/* Where files and code start looking, downwards; 0: like all mappings. */
uint64_t layout_image_top(const struct load *load);
/* Start of the heap of a position-independent program without an interpreter, before it varies. */
uint64_t layout_lone_brk_base(const struct load *load);
/* Base for a position-independent program with an interpreter. */
uint64_t layout_program_base(const struct load *load, uint64_t align);
/* Start of the heap for a program that ends at `end`. */
uint64_t layout_brk(const struct load *load, uint64_t end);
/* Bytes (0..8191) that the first stack frame is moved down by. */
uint64_t layout_stack_shift(const struct load *load);
