/* SPDX-License-Identifier: ISC */
/* What the files of a space share. Private to mmu/. Lock order: space->lock (a child's inside its parent's, while
 * it is made), backing->lock, space->tlb_lock, pool locks. */
#pragma once

#include "base/bits.h"
#include "host/thread.h"
#include "mmu/back_end.h"
#include "mmu/backing.h"
#include "mmu/epoch.h"
#include "mmu/page_table.h"
#include "mmu/region.h"

#define SPACE_MAX_REGIONS 65530u /* vm.max_map_count */

struct code_entry;

/* See breakpoint.h. */
struct breakpoints {
    uint64_t *at; /* owned; n, ascending */
    size_t n;
};

struct address_space {
    _Atomic uint32_t refs;
    struct frame_pool *pool;   /* borrowed; immutable after init */
    const struct back_end *back; /* immutable after init */
    uint64_t base, end;        /* see space_base, space_end */
    bool window_layout;        /* immutable once it maps something */
    void *reserved;            /* owned, in a window: the range of the host that it lies in */
    uint64_t reserved_size;
    _Atomic(struct space_attachment *) attachment; /* owned; atomic: set once */
    struct host_mutex fork_lock; /* one fork at a time; before lock */
    struct host_mutex lock;
    /* guarded by lock; entries of the table may be read without it */
    struct region_set regions;
    struct page_table table;
    uint64_t mmap_top, image_top, brk_start, brk;
    uint64_t limit_as, limit_data, limit_stack;
    uint64_t mapped, data, locked; /* bytes of regions: all, private and writable, locked */
    uint32_t lock_future;          /* region flags that mlockall(MCL_FUTURE) gives new mappings */
    struct limbo limbo;
    struct code_entry *code;       /* hash by page */
    bool code_changed;             /* during code_pages_bump_locked */
    struct address_space *fork_child; /* borrowed while the child's pages may still be written through our TLBs */
    struct tlb *faulter;           /* borrowed: the TLB whose fault is being served */
    uint64_t settled_epoch;        /* every running TLB has flushed since this epoch */

    _Atomic uint64_t epoch;   /* atomic, sequentially consistent: see epoch.h */
    _Atomic uint32_t ack;     /* futex word: steps when a TLB acknowledges */
    _Atomic uint32_t n_waiting; /* sleepers on ack */
    _Atomic uint32_t gate;    /* atomic, futex word: see gate.h */
    _Atomic uint32_t n_at_gate; /* atomic: TLBs that sleep on gate */
    _Atomic uint64_t code_changes; /* atomic: see space_code_changes */
    _Atomic bool was_native;  /* atomic: a thread has run translated code */
    struct host_mutex tlb_lock;
    struct list tlbs;         /* guarded by tlb_lock */
    struct breakpoints breakpoints; /* changed only while no thread of the space runs */
};

enum space_access_flags { ACCESS_FORCE = 0x100 }; /* beside enum mem_access: ignore the region's rights */

/* Makes the page of gva present for the access (and for writing: private, untapped) and returns its entry in *pte.
 * Returns MEM_OK or the kind of fault. Frames named by *pte live until the lock is released. */
enum mem_fault_kind space_fault_locked(struct address_space *space, uint64_t gva, int access, uint64_t *pte);

/* As on x86-64 without protection keys: whatever can be accessed at all can be read. */
bool region_allows(const struct region *r, int access);
/* Locks the space for a change that may take pages or rights away; and unlocks it. The caller's TLB is outside the engine. */
void space_begin_change(struct address_space *space);
void space_end_change(struct address_space *space);
struct address_space *space_new_paged(struct frame_pool *pool);
/* For a child: limits and the places of heap and mappings; one region without its pages (NULL without memory). */
void space_copy_settings_locked(const struct address_space *space, struct address_space *child);
struct region *space_copy_region_locked(struct address_space *child, const struct region *r);
/* Removes all regions of the range and their pages. Returns 0 or -ENOMEM with nothing changed. */
int space_unmap_locked(struct address_space *space, uint64_t start, uint64_t end);
/* Puts a new region in the (empty) place it names, counts it, joins it with its neighbours. Takes over r, which may be
 * gone afterwards. */
void space_insert_locked(struct address_space *space, struct region *r);
/* Adds (sign 1) or removes (-1) a range with these attributes to the space's sums. */
void space_account_locked(struct address_space *space, const struct region *like, uint64_t size, int sign);
/* Checks the limits for size more bytes. Returns 0 or -ENOMEM. */
int space_may_grow_locked(const struct address_space *space, uint64_t size, bool is_data);
/* Faults in all pages of a range for the access (0: as each region is likely to be used). Returns MEM_OK or the first refusal. */
enum mem_fault_kind space_populate_pages_locked(struct address_space *space, uint64_t start, uint64_t end, int access);
/* The same; errors end it silently as for MAP_POPULATE. */
void space_populate_locked(struct address_space *space, uint64_t start, uint64_t end);
/* A place for size bytes (page multiple), or 0. Windows put files and code near translated code. */
enum place_kind { PLACE_ANYWHERE, PLACE_IMAGE, PLACE_32BIT };
uint64_t space_find_place_locked(const struct address_space *space, uint64_t size, uint64_t hint, enum place_kind kind);
/* True when [start, start + size) lies inside the space; both page multiples, size not 0. */
bool space_range_ok(const struct address_space *space, uint64_t start, uint64_t size);
/* Windows leave [SPACE_HOST_START, SPACE_HOST_END) to the host. */
static inline bool space_has_hole(const struct address_space *space) {
    return space->window_layout;
}
static inline bool space_hits_hole(const struct address_space *space, uint64_t start, uint64_t size) {
    return space_has_hole(space) && start < SPACE_HOST_END && start + size > SPACE_HOST_START;
}
/* Calls fn on each region of [start, end), cut to the range; afterwards equal neighbours are joined. Stops at the
 * first error. Holes make it return -ENOMEM, after what is before (and, with skip_holes, after) them was changed. */
int space_change_locked(struct address_space *space, uint64_t start, uint64_t end, bool skip_holes,
                        int (*fn)(struct address_space *space, struct region *r, void *arg), void *arg);

/* MADV_REMOVE. Takes the locks of all spaces that map the objects of the range, one by one. */
int space_remove_pages(struct address_space *space, uint64_t start, uint64_t end);

static inline bool region_is_data(const struct region *r) {
    return (r->prot & SPACE_WRITE) && !(r->flags & (REGION_SHARED | REGION_GROWS_DOWN));
}

/* Spaces that map a backing, counted. */
struct space_list {
    struct address_space **space; /* owned */
    size_t n;
};
/* Lists them, but not `except`; only those with shared mappings if asked to. Returns false without memory. */
bool space_list_of_backing(struct space_list *list, struct backing *backing, const struct address_space *except,
                           bool only_shared);
/* Gives the counts back. */
void space_list_fini(struct space_list *list);
/* Takes the pages of a range of the object out of all spaces; copies: private copies too. No lock may be held. */
void backing_zap(struct backing *backing, uint64_t offset, uint64_t size, bool copies);

/* code_page.c: called with the lock held. */
/* A watched page is about to be written, or its entry goes away: tells those who took code from it. */
void code_page_bump_locked(struct address_space *space, uint64_t gva);
/* The same for a page of a backing, in every space. */
void backing_bump(struct backing *backing, uint64_t offset);
/* The same for the pages that [start, end) touches. */
void backing_bump_range(struct backing *backing, uint64_t start, uint64_t end);
/* Tells that the code of all pages of a range went away or changed; returns when no other thread runs it any more. */
void code_pages_bump_locked(struct address_space *space, uint64_t start, uint64_t end);
void code_pages_free(struct address_space *space);
