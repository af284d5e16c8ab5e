/* SPDX-License-Identifier: ISC */
/* How a space keeps the pages of its regions: paged (a page table and frames, reached through TLBs) or window (mappings of the host).
 * The space_*.c files change the regions, alike for both, and call these for the pages. The space's lock is held unless said
 * otherwise; ranges are whole pages and lie inside the space. Private to mmu/. */
#pragma once

#include "mmu/fault.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct address_space;
struct backing;
struct region;
struct space_usage;
struct code_page;
struct space_range;
struct word_access;

struct back_end {
    /* No lock held. Around every change that may take pages or rights away: between the two no TLB holds an entry that the change
     * could make wrong, or none is freed that it holds. */
    void (*stop)(struct address_space *space);
    void (*resume)(struct address_space *space);

    /* Part [start, end) of r appears where nothing is. r need not be in the set yet. Returns 0 or -E. */
    int (*place)(struct address_space *space, const struct region *r, uint64_t start, uint64_t end);
    /* Takes all pages of a range away; its regions are removed next, then dropped is called. Returns 0, or -ENOMEM with nothing changed. */
    int (*drop)(struct address_space *space, uint64_t start, uint64_t end);
    void (*dropped)(struct address_space *space, uint64_t start, uint64_t end);
    /* Forgets what the pages of the region hold of their own. lazily: the host may do so later. */
    void (*discard)(struct address_space *space, const struct region *r, uint64_t start, uint64_t end, bool lazily);
    /* The rights of r change from r->prot to prot. Returns 0 or -E with nothing changed. */
    int (*protect)(struct address_space *space, const struct region *r, int prot);
    /* Moves the pages of [from, from + size) to where `moved` begins; nothing is at its place, and `from` is empty afterwards but
     * still a region. Returns 0 or -ENOMEM with nothing changed. */
    int (*move)(struct address_space *space, const struct region *moved, uint64_t from, uint64_t size);
    /* Advice that only tunes the host. */
    void (*advise)(struct address_space *space, const struct region *r, int advice);
    /* The object's pages behind [start, end) of r were cut off or replaced; copies: private copies of them are gone too. */
    void (*zap)(struct address_space *space, const struct region *r, uint64_t start, uint64_t end, bool copies);
    /* Makes a page of r present that may be accessed so; *pte as in page_table.h. */
    enum mem_fault_kind (*fault)(struct address_space *space, struct region *r, uint64_t gva, int access, uint64_t *pte);
    /* Touches the pages of [start, end), which lies in r, for reading or writing. Returns MEM_OK or the first refusal. */
    enum mem_fault_kind (*populate)(struct address_space *space, struct region *r, uint64_t start, uint64_t end, int access);

    /* Adds what is resident of all regions to the sums. */
    void (*add_resident)(const struct address_space *space, struct space_usage *out);
    /* One byte per page of [start, end), which lies in r. */
    void (*resident)(const struct address_space *space, const struct region *r, uint64_t start, uint64_t end, uint8_t *out);

    /* See space_private_pages. */
    size_t (*private_pages)(struct address_space *space, uint64_t *at, uint64_t end, struct space_range *out, size_t n);

    /* No lock held: copies with the rights asked for (enum mem_access, ACCESS_FORCE); exactly one of in and out is not NULL.
     * Returns the bytes copied before the first fault. */
    size_t (*copy)(struct address_space *space, uint64_t gva, char *in, const char *out, size_t n, int access);
    /* No lock held: one atomic operation on an aligned word. */
    bool (*word)(struct address_space *space, uint64_t gva, struct word_access *access);
    /* No lock held: copies a string up to its zero, at most max bytes. Returns the bytes before the zero or the fault. */
    size_t (*copy_string)(struct address_space *space, char *dst, uint64_t gva, size_t max, bool *ended);
    /* No lock held, the caller's TLB is outside: see tlb_code_page. */
    struct code_page *(*watch)(struct address_space *space, uint64_t gva, uint32_t *version);
    /* No lock held: returns when no write to the object's page passes this space unseen. False without memory. */
    bool (*guard)(struct address_space *space, struct backing *backing, uint64_t offset);
    /* No lock held: a copy, or NULL without memory. */
    struct address_space *(*fork)(struct address_space *space);
    /* Nobody else knows the space any more; its regions are there still. */
    void (*free)(struct address_space *space);
};

enum word_operation { WORD_LOAD, WORD_STORE, WORD_SWAP };
struct word_access {
    enum word_operation operation;
    uint32_t value;    /* loaded, or to be stored */
    uint32_t expected; /* of a swap: updated to what was found */
    bool swapped;
};

extern const struct back_end back_end_paged, back_end_window;
