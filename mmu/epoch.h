/* SPDX-License-Identifier: ISC */
/* When memory that was taken out of a page table may be reused. The space counts epochs: taking rights away is
 * (1) change entries, (2) step the epoch, (3) kick the TLBs that are inside the engine. A TLB publishes the epoch whose
 * flush it has done. What was taken away waits in limbo, stamped, until every TLB has seen its stamp or is outside.
 * Nobody waits for that; the next change of the space looks again. Private to mmu/. */
#pragma once

#include "mmu/tlb.h"

#define EPOCH_OUTSIDE UINT64_MAX

struct mem_object;
struct limbo_block;

/* Guarded by the space's lock. */
struct limbo {
    struct limbo_block *oldest, *newest; /* stamped, by age */
    struct limbo_block *open;            /* not stamped yet */
    bool must_step;                      /* an entry was changed that a TLB may still hold */
};

/* Steps the epoch and asks every running TLB to flush. Returns the stamp. Locks: takes space->tlb_lock only. */
uint64_t epoch_step(struct address_space *space);
/* True when every TLB of the space but `except` has flushed since the stamp. */
bool epoch_is_past(struct address_space *space, uint64_t stamp, const struct tlb *except);
/* Sleeps until then. The caller is outside the engine and holds no lock. */
void epoch_wait(struct address_space *space, uint64_t stamp);
/* Tells sleepers that a TLB has flushed or left. */
void epoch_acknowledge(struct address_space *space);

#define EPOCH_ALL_PAGES UINT64_MAX
/* Waits until no running TLB (but space->faulter) holds an entry for the page at gva, or any entry, older than the
 * last step: called before a new page is put there. The space's lock is held; threads that wait for it count as
 * flushed. */
void epoch_settle(struct address_space *space, uint64_t gva);

/* Moves the caller's count on a frame, or on an object, to limbo. A step must follow before the lock is released. */
void limbo_add_frame(struct address_space *space, void *page);
void limbo_add_object(struct address_space *space, struct mem_object *object);
/* Says that an entry lost rights or moved, though nothing has to be freed. */
static inline void limbo_mark(struct limbo *limbo) {
    limbo->must_step = true;
}
/* Steps the epoch if something was added or marked, then frees what is past. */
void limbo_commit(struct address_space *space);
/* Frees what is past. */
void limbo_reclaim(struct address_space *space);
