/* SPDX-License-Identifier: ISC */
/* Guest memory as the interpreter's handlers see it. All return false on a fault, with cpu->exception.fault filled
 * and nothing changed; the handler then returns uop_raise_memory(cpu, u). n is a constant at the call: 1..64.
 * Naturally aligned accesses of 1, 2, 4, 8 bytes are single-copy atomic. */
#pragma once

#include "cpu/cpu.h"

#include <string.h>

/* Any alignment, page crossings included. A crossing store checks both pages before the first byte. */
bool mem_read_slow(struct cpu *cpu, uint64_t gva, void *dst, unsigned n);
bool mem_write_slow(struct cpu *cpu, uint64_t gva, const void *src, unsigned n);
/* Checks that n bytes (any number) are writable, so that following stores there cannot fault. */
bool mem_probe_write(struct cpu *cpu, uint64_t gva, unsigned n);
bool mem_probe_read(struct cpu *cpu, uint64_t gva, unsigned n);
/* Host address of n bytes in one page, for a read-modify-write; valid until the next safe point. NULL with the fault
 * filled. After storing, call mem_written: the page may hold code. */
void *mem_pin_write(struct cpu *cpu, uint64_t gva, unsigned n);
const void *mem_pin_read(struct cpu *cpu, uint64_t gva, unsigned n);
void mem_written(struct cpu *cpu, uint64_t gva, unsigned n);

/* Spares the caller's check a comparison on the hot path. */
static inline void *mem_not_null(uintptr_t host) {
    if (!host) __builtin_unreachable();
    return (void *)host;
}

/* Fast path: the host address, or NULL when the TLB does not know the page or the access crosses it. A tag always has
 * the page bits of its slot, so a crossing access cannot match. */
static inline const void *mem_read_hit(struct cpu *cpu, uint64_t gva, unsigned n) {
    const struct tlb_entry *e = tlb_slot(&cpu->tlb, gva);
    if (UNLIKELY(e->read != ((gva + n - 1) & ~0xfffull))) return NULL;
    return mem_not_null(gva + e->delta);
}

static inline void *mem_write_hit(struct cpu *cpu, uint64_t gva, unsigned n) {
    const struct tlb_entry *e = tlb_slot(&cpu->tlb, gva);
    if (UNLIKELY(e->write != ((gva + n - 1) & ~0xfffull))) return NULL;
    return mem_not_null(gva + e->delta);
}

static inline bool mem_read(struct cpu *cpu, uint64_t gva, void *dst, unsigned n) {
    const void *p = mem_read_hit(cpu, gva, n);
    if (UNLIKELY(!p)) return mem_read_slow(cpu, gva, dst, n);
    memcpy(dst, p, n);
    return true;
}

static inline bool mem_write(struct cpu *cpu, uint64_t gva, const void *src, unsigned n) {
    void *p = mem_write_hit(cpu, gva, n);
    if (UNLIKELY(!p)) return mem_write_slow(cpu, gva, src, n);
    memcpy(p, src, n);
    return true;
}
