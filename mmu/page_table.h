/* SPDX-License-Identifier: ISC */
/* A sparse array of 64-bit entries by page number, 4 levels of 512, as the hardware has it. Serves as the page table
 * of a space and as the list of pages of an anonymous object. Nodes are frames.
 *
 * Reading (page_table_find) takes no lock and may run beside one writer; all else needs the owner's lock. A node that
 * was cut off by page_table_prune may still be read: its frame is the caller's to free when no reader can be left. */
#pragma once

#include "mmu/frame.h"

/* An entry is 0 or the host address of the page with these bits below. */
enum pte_bits {
    PTE_READ = 1,
    PTE_WRITE = 2,   /* may be written right now: not copy on write, not watched */
    PTE_EXEC = 4,
    PTE_FRAME = 8,   /* the page is a counted frame; else a page of a file's host mapping */
    PTE_WATCH = 16,  /* code was taken from the page: a write must be told to its readers */
    PTE_SHARED = 32, /* the page belongs to an object: its watch decides whether a write may pass */
    PTE_BITS = 0xfff,
};

typedef _Atomic uint64_t pte_slot; /* the one typedef: _Atomic in pointer types is unreadable otherwise */

struct page_table {
    struct frame_pool *pool; /* immutable after init */
    pte_slot root;           /* host address of the top node, 0 = none yet */
};

static inline void *pte_page(uint64_t pte) {
    return (void *)(uintptr_t)(pte & ~(uint64_t)PTE_BITS);
}

/* The slot of a page, or NULL when no node covers it. */
pte_slot *page_table_find(const struct page_table *table, uint64_t gva);
/* The same but makes nodes. Returns NULL without memory. */
pte_slot *page_table_make(struct page_table *table, uint64_t gva);
/* Moves *gva up to the next entry that is not 0, below end. Returns its slot or NULL when there is none. */
pte_slot *page_table_next(const struct page_table *table, uint64_t *gva, uint64_t end);
/* Cuts off all nodes that lie wholly in [start, end); release gets the frame of each. Entries must be 0. */
void page_table_prune(struct page_table *table, uint64_t start, uint64_t end, void (*release)(void *arg, void *node),
                      void *arg);
