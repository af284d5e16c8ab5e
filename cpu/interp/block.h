/* SPDX-License-Identifier: ISC */
/* Translation of guest code into blocks. */
#pragma once

#include "cpu/interp/cache.h"

/* Translates at rip and keeps the block; on an unstable page (mmu/tlb.h) one that compares its
 * bytes when it is entered, and ends behind each store. NULL with *fault filled when the first instruction cannot be fetched
 * (fault->kind MEM_FAULT_NO_MEMORY: the host has no memory). May flush the cache. */
struct block *block_build(struct cpu *cpu, uint64_t rip, struct mem_fault *fault);
/* Translates at most n (1..BLOCK_MAX_INSNS) instructions into the scratch block, which lives until the next call. */
struct block *block_build_truncated(struct cpu *cpu, uint64_t rip, unsigned n, struct mem_fault *fault);
/* On an unstable page as block_build, else one instruction into the scratch block. */
struct block *block_build_visited(struct cpu *cpu, uint64_t rip, bool *unstable, struct mem_fault *fault);
/* Whether the bytes of a block of an unstable page, given by its entry, are still the same. */
bool block_verify(struct cpu *cpu, const struct uop *entry);
