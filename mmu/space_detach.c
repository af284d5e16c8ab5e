/* SPDX-License-Identifier: ISC */
/* shmdt: of a mapping that may have been cut and changed since, every piece that still shows what it showed at first. */
#include "mmu/space_internal.h"

#include "base/error.h"

static bool is_piece(const struct region *r, uint64_t gva, const struct backing *backing) {
    return r->object && r->object->backing->owner && (!backing || r->object->backing == backing) && r->start >= gva &&
           r->start - gva == r->offset;
}

/* The first piece at or above gva. */
static struct region *next_piece(struct address_space *space, uint64_t gva, const struct backing *backing) {
    for (struct region *r = region_set_find(&space->regions, gva); r; r = region_set_next(&space->regions, r)) {
        if (is_piece(r, gva, backing)) return r;
    }
    return NULL;
}

int space_unmap_owned(struct address_space *space, uint64_t gva) {
    if (!is_aligned(gva, GUEST_PAGE_SIZE)) return -EINVAL;
    space_begin_change(space);
    const struct region *r = next_piece(space, gva, NULL);
    const struct backing *backing = r ? r->object->backing : NULL;
    int err = r ? 0 : -EINVAL;
    while (r && !err) {
        err = space_unmap_locked(space, r->start, r->end);
        r = err ? NULL : next_piece(space, gva, backing);
    }
    space_end_change(space);
    return err;
}
