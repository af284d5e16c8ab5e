/* SPDX-License-Identifier: ISC */
/* mlock and its family: keeps the account that /proc shows and faults pages in; frames are never paged out anyway. */
#include "mmu/space_internal.h"

#include "base/error.h"

static int set_lock_flags(struct address_space *space, struct region *r, void *arg) {
    r->flags = (r->flags & ~(uint32_t)(REGION_LOCKED | REGION_LOCK_ON_FAULT)) | *(const uint32_t *)arg;
    return 0;
}

static int change_lock(struct address_space *space, uint64_t gva, uint64_t size, uint32_t flags) {
    const uint64_t start = align_down(gva, GUEST_PAGE_SIZE), end = align_up(gva + size, GUEST_PAGE_SIZE);
    if (!size) return 0;
    if (gva + size < gva || end < start) return -EINVAL;
    if (!space_range_ok(space, start, end - start)) return -ENOMEM;
    host_mutex_lock(&space->lock);
    const int err = space_change_locked(space, start, end, false, set_lock_flags, &flags);
    if (!err && flags == REGION_LOCKED) space_populate_locked(space, start, end);
    host_mutex_unlock(&space->lock);
    return err;
}

int space_lock(struct address_space *space, uint64_t gva, uint64_t size, bool on_fault) {
    return change_lock(space, gva, size, on_fault ? REGION_LOCKED | REGION_LOCK_ON_FAULT : REGION_LOCKED);
}

int space_unlock(struct address_space *space, uint64_t gva, uint64_t size) {
    return change_lock(space, gva, size, 0);
}

static void lock_everything(struct address_space *space, uint32_t flags) {
    space_change_locked(space, 0, space->end, true, set_lock_flags, &flags);
    if (flags != REGION_LOCKED) return;
    LIST_FOR_EACH(node, &space->regions.list) {
        const struct region *r = CONTAINER_OF(node, struct region, node);
        if (r->prot) space_populate_locked(space, r->start, r->end);
    }
}

int space_lock_all(struct address_space *space, bool current, bool future, bool on_fault) {
    const uint32_t flags = on_fault ? REGION_LOCKED | REGION_LOCK_ON_FAULT : REGION_LOCKED;
    host_mutex_lock(&space->lock);
    space->lock_future = future ? flags : 0;
    if (current) lock_everything(space, flags);
    host_mutex_unlock(&space->lock);
    return 0;
}

int space_unlock_all(struct address_space *space) {
    host_mutex_lock(&space->lock);
    space->lock_future = 0;
    lock_everything(space, 0);
    host_mutex_unlock(&space->lock);
    return 0;
}
