/* SPDX-License-Identifier: ISC */
/* A page that code was taken from, as mmu/ sees it. Private to code_page.c and the back ends' parts of it. */
#pragma once

#include "mmu/space_internal.h"

struct code_entry {
    struct code_page page;         /* first: what engines hold */
    struct address_space *space;   /* borrowed: owns the entry */
    _Atomic bool is_watched;       /* atomic: changed with the backing's lock if it has one, else the space's */
    uint64_t n_watches;            /* guarded by space->lock: times that a watch was set */
    uint64_t n_settled;            /* guarded by space->lock: the last of them known to be good */
    struct code_watch *watch;      /* guarded by the backing's lock: NULL = not in its list */
    struct backing *backing;       /* guarded by space->lock: of the watch; borrowed while a region maps it */
    struct list node;              /* guarded by the backing's lock: in watch->entries */
    bool is_guarded;               /* guarded by space->lock: in a window, the host refuses writes that the region allows */
    UT_hash_handle hh;             /* guarded by space->lock */
};

/* All with the space's lock held. */
struct code_entry *code_entry_find(struct address_space *space, uint64_t gva);
/* Returns NULL without memory. */
struct code_entry *code_entry_make(struct address_space *space, uint64_t gva);
/* Whether the page is unstable still. If it has rested long enough it is to be watched anew. */
bool code_page_rests_locked(struct code_entry *entry);
/* Puts the entry in the list of the object's page; a write to that through any mapping is then told. Returns false without memory. */
bool code_watch_backing(struct backing *backing, uint64_t offset, struct code_entry *entry);
/* Calls fn for each entry of [start, end). */
void code_pages_each(struct address_space *space, uint64_t start, uint64_t end,
                     void (*fn)(struct code_entry *entry));
