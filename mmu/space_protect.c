/* SPDX-License-Identifier: ISC */
/* mprotect: changes the rights of regions and of the pages that are present. */
#include "mmu/space_internal.h"

#include "base/error.h"

static bool may_write_now(const struct region *r, uint64_t pte) {
    if (!(r->prot & SPACE_WRITE)) return false;
    if (r->flags & REGION_SHARED) return true;
    return (pte & PTE_FRAME) && frame_is_sole(pte_page(pte));
}

/* Gives present pages the rights of their region. Code taken from executable pages is told off. */
static void refresh_pages(struct address_space *space, const struct region *r) {
    pte_slot *slot;
    for (uint64_t at = r->start; (slot = page_table_next(&space->table, &at, r->end)); at += GUEST_PAGE_SIZE) {
        const uint64_t old = atomic_load_explicit(slot, memory_order_relaxed);
        if (old & PTE_EXEC) code_page_bump_locked(space, at);
        uint64_t pte = old & ~(uint64_t)(PTE_READ | PTE_WRITE | PTE_EXEC | PTE_WATCH);
        if (r->prot) pte |= PTE_READ;
        if (r->prot & SPACE_EXEC) pte |= PTE_EXEC;
        if (may_write_now(r, pte)) pte |= PTE_WRITE;
        atomic_store_explicit(slot, pte, memory_order_release);
        if (old & ~pte & (PTE_READ | PTE_WRITE | PTE_EXEC)) limbo_mark(&space->limbo);
    }
}

static int protect_region(struct address_space *space, struct region *r, void *arg) {
    const int prot = *(const int *)arg;
    if (r->prot == prot) return 0;
    if ((prot & SPACE_WRITE) && (r->flags & REGION_SHARED) && r->object && !r->object->writable) return -EACCES;
    const struct region after = {.prot = prot, .flags = r->flags};
    if (region_is_data(&after) && !region_is_data(r) && space_may_grow_locked(space, region_size(r), true)) {
        return -ENOMEM;
    }
    r->prot = prot;
    refresh_pages(space, r);
    return 0;
}

/* PROT_GROWSDOWN: the change begins at the start of the growing region that holds gva. Returns it or -E. */
static int64_t grows_down_start(struct address_space *space, uint64_t gva, uint64_t end) {
    const struct region *r = region_set_find(&space->regions, gva);
    if (!r || r->start >= end) return -ENOMEM;
    return r->flags & REGION_GROWS_DOWN ? (int64_t)r->start : -EINVAL;
}

static int protect_locked(struct address_space *space, uint64_t start, uint64_t end, int prot) {
    if (prot & SPACE_GROWSDOWN_PROT) {
        const int64_t from = grows_down_start(space, start, end);
        if (from < 0) return (int)from;
        start = (uint64_t)from;
    }
    int rights = prot & (SPACE_READ | SPACE_WRITE | SPACE_EXEC);
    const int err = space_change_locked(space, start, end, false, protect_region, &rights);
    limbo_commit(space);
    return err;
}

int space_protect(struct address_space *space, uint64_t gva, uint64_t size, int prot) {
    if (!is_aligned(gva, GUEST_PAGE_SIZE)) return -EINVAL;
    if (!size) return 0;
    if (prot & ~(SPACE_READ | SPACE_WRITE | SPACE_EXEC | SPACE_GROWSDOWN_PROT)) return -EINVAL;
    if (size > SPACE_END || !space_range_ok(gva, align_up(size, GUEST_PAGE_SIZE))) return -ENOMEM;
    host_mutex_lock(&space->lock);
    const int err = protect_locked(space, gva, gva + align_up(size, GUEST_PAGE_SIZE), prot);
    host_mutex_unlock(&space->lock);
    return err;
}
