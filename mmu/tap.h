/* SPDX-License-Identifier: ISC */
/* Seeing single accesses to guest memory. A TLB with a tap gets no fast entry for a page that the tap watches, so every access of the
 * interpreter there comes by. Translated code does not: whoever sets a tap chooses the interpreter.
 * Invariant: asked and told on the owner thread of the TLB, inside the engine; must not change mappings. */
#pragma once

#include "mmu/fault.h"

#include <stdbool.h>
#include <stdint.h>

struct tlb;

struct mem_tap {
    /* Whether accesses to the page (its address) are to be seen; asked when the page gets its entry, and then for each access. */
    bool (*watches)(struct mem_tap *tap, struct tlb *tlb, uint64_t page);
    /* Before an access that would not fault. An instruction may come more than once. True: the engine stops before the instruction,
     * EXIT_TAPPED; run again with tlb->tap_passes set it goes on. access: MEM_READ, MEM_WRITE; what is read and written is written. */
    bool (*before)(struct mem_tap *tap, struct tlb *tlb, uint64_t gva, unsigned size, enum mem_access access);
};

/* Makes every thread of the TLB's space ask again what is watched, at the latest when it enters the engine. */
void tap_watch_anew(struct tlb *tlb);
