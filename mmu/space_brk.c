/* SPDX-License-Identifier: ISC */
/* The heap: an anonymous region from brk_start, grown in place. What a program mapped over it stays (musl's allocator
 * puts a guard page there). */
#include "mmu/space_internal.h"

static int64_t grow_heap(struct address_space *space, uint64_t start, uint64_t end) {
    /* One page of distance to what follows, as Linux keeps it. */
    if (end > space->end - GUEST_PAGE_SIZE || space_hits_hole(space, start, end + GUEST_PAGE_SIZE - start)) return -1;
    if (region_set_overlap(&space->regions, start, end + GUEST_PAGE_SIZE)) return -1;
    if (space->regions.n >= SPACE_MAX_REGIONS || space_may_grow_locked(space, end - start, true)) return -1;
    const struct region like = {.prot = SPACE_READ | SPACE_WRITE, .flags = space->lock_future};
    struct region *r = region_clone(&like, space);
    if (!r) return -1;
    r->start = start;
    r->end = end;
    if (space->back->place(space, r, start, end)) {
        region_free(r);
        return -1;
    }
    space_insert_locked(space, r);
    if (space->lock_future & REGION_LOCKED && !(space->lock_future & REGION_LOCK_ON_FAULT)) {
        space_populate_locked(space, start, end);
    }
    return 0;
}

static uint64_t brk_locked(struct address_space *space, uint64_t wanted) {
    if (wanted < space->brk_start || wanted >= space->end) return space->brk;
    const uint64_t old_end = align_up(space->brk, GUEST_PAGE_SIZE), new_end = align_up(wanted, GUEST_PAGE_SIZE);
    if (new_end < old_end && space_unmap_locked(space, new_end, old_end)) return space->brk;
    if (new_end > old_end && grow_heap(space, old_end, new_end)) return space->brk;
    space->brk = wanted;
    return wanted;
}

void space_set_brk(struct address_space *space, uint64_t start) {
    host_mutex_lock(&space->lock);
    space->brk_start = space->brk = start;
    host_mutex_unlock(&space->lock);
}

uint64_t space_brk(struct address_space *space, uint64_t wanted) {
    space_begin_change(space);
    const uint64_t now = brk_locked(space, wanted);
    space_end_change(space);
    return now;
}
