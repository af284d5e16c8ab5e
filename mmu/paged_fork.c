/* SPDX-License-Identifier: ISC */
/* fork of a paged space: regions are copied, frames of private pages are counted twice and lose PTE_WRITE on both sides. Until every
 * running thread of the parent has flushed, it may still write to such a frame through its TLB; give_child_a_copy in
 * paged_fault.c keeps those writes on the parent's side, and the child starts only after the wait. */
#include "mmu/paged.h"

/* Returns false without memory. */
static bool copy_page_entry(struct address_space *child, const struct region *r, uint64_t gva, pte_slot *slot) {
    uint64_t pte = atomic_load_explicit(slot, memory_order_relaxed);
    pte_slot *theirs = page_table_make(&child->table, gva);
    if (!theirs) return false;
    if (!(r->flags & REGION_SHARED) && (pte & PTE_WRITE)) {
        pte &= ~(uint64_t)PTE_WRITE;
        atomic_store_explicit(slot, pte, memory_order_release);
        limbo_mark(&r->space->limbo);
    }
    if (pte & PTE_FRAME) frame_get(pte_page(pte));
    atomic_store_explicit(theirs, pte & ~(uint64_t)PTE_WATCH, memory_order_relaxed);
    return true;
}

static bool copy_pages(struct address_space *space, struct address_space *child, const struct region *r) {
    pte_slot *slot;
    if (r->flags & REGION_WIPE_ON_FORK) return true;
    for (uint64_t at = r->start; (slot = page_table_next(&space->table, &at, r->end)); at += GUEST_PAGE_SIZE) {
        if (!copy_page_entry(child, r, at, slot)) return false;
    }
    return true;
}

static bool copy_all(struct address_space *space, struct address_space *child) {
    space_copy_settings_locked(space, child);
    LIST_FOR_EACH(node, &space->regions.list) {
        const struct region *r = CONTAINER_OF(node, struct region, node);
        if (r->flags & REGION_DONT_FORK) continue;
        if (!space_copy_region_locked(child, r) || !copy_pages(space, child, r)) return false;
    }
    return true;
}

/* Waits until no TLB of the parent holds a write entry from before the copy. */
static void settle(struct address_space *space, uint64_t stamp) {
    epoch_wait(space, stamp);
    host_mutex_lock(&space->lock);
    space->fork_child = NULL;
    host_mutex_unlock(&space->lock);
}

struct address_space *paged_fork(struct address_space *space) {
    struct address_space *child = space_new_paged(space->pool);
    if (!child) return NULL;
    host_mutex_lock(&space->fork_lock);
    host_mutex_lock(&space->lock);
    host_mutex_lock(&child->lock); /* found by its objects from the first region on */
    const bool ok = copy_all(space, child);
    host_mutex_unlock(&child->lock);
    limbo_commit(space);
    const uint64_t stamp = atomic_load(&space->epoch);
    space->fork_child = child;
    host_mutex_unlock(&space->lock);
    settle(space, stamp);
    host_mutex_unlock(&space->fork_lock);
    if (ok) return child;
    space_put(child);
    return NULL;
}
