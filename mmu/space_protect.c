/* SPDX-License-Identifier: ISC */
/* mprotect: changes the rights of regions. */
#include "mmu/space_internal.h"

#include "base/error.h"

static int protect_region(struct address_space *space, struct region *r, void *arg) {
    const int prot = *(const int *)arg;
    if (r->prot == prot) return 0;
    if ((prot & SPACE_WRITE) && (r->flags & REGION_SHARED) && r->object && !r->object->writable) return -EACCES;
    const struct region after = {.prot = prot, .flags = r->flags};
    if (region_is_data(&after) && !region_is_data(r) && space_may_grow_locked(space, region_size(r), true)) {
        return -ENOMEM;
    }
    const int err = space->back->protect(space, r, prot);
    if (!err) r->prot = prot;
    return err;
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
    if (size > SPACE_END || !space_range_ok(space, gva, align_up(size, GUEST_PAGE_SIZE))) return -ENOMEM;
    space_begin_change(space);
    const int err = protect_locked(space, gva, gva + align_up(size, GUEST_PAGE_SIZE), prot);
    space_end_change(space);
    return err;
}
