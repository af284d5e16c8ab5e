/* SPDX-License-Identifier: ISC */
/* LOCK and XCHG with memory: host atomics on naturally aligned operands; others, page crossings included, are done in
 * two halves under the machine's split lock (cpu_env), so they are atomic against each other only. */
#pragma once

#include "cpu/interp/mem.h"
#include "cpu/interp/uop.h"

/* A memory operand between locked_begin and locked_end. */
struct locked_place {
    uint64_t gva;
    unsigned size;      /* 1, 2, 4, 8 */
    bool slow;          /* not through the TLB: code may have been written */
    bool split;         /* the split lock is held */
    unsigned first;     /* bytes at host[0]; the others are at host[1] */
    uint8_t *host[2];
};

/* Returns false on a fault, nothing held. */
bool locked_begin(struct cpu *cpu, uint64_t gva, unsigned size, struct locked_place *place);
uint64_t locked_load(const struct locked_place *place);
/* Stores desired if the operand is *expected; else updates *expected. */
bool locked_swap_if(const struct locked_place *place, uint64_t *expected, uint64_t desired);
void locked_end(struct cpu *cpu, const struct locked_place *place);

/* The new value from the old one (a) and an operand (b); sets the flags. May be called more than once. */
typedef uint64_t locked_fn(struct cpu_state *s, unsigned size, uint64_t a, uint64_t b);
/* The whole handler of a locked read-modify-write at uop_address(u). */
const struct uop *locked_modify(struct cpu *cpu, const struct uop *u, unsigned size, locked_fn *fn, uint64_t b);
