/* SPDX-License-Identifier: ISC */
/* fork: what a child inherits beside its pages, which the back ends copy. */
#include "mmu/space_internal.h"

void space_copy_settings_locked(const struct address_space *space, struct address_space *child) {
    child->window_layout = space->window_layout;
    if (child->base == SPACE_NO_BASE) child->end = space->end;
    child->mmap_top = space->mmap_top;
    child->image_top = space->image_top;
    child->brk_start = space->brk_start;
    child->brk = space->brk;
    child->limit_as = space->limit_as;
    child->limit_data = space->limit_data;
    child->limit_stack = space->limit_stack;
}

struct region *space_copy_region_locked(struct address_space *child, const struct region *r) {
    struct region *copy = region_clone(r, child);
    if (!copy) return NULL;
    copy->flags &= ~(uint32_t)(REGION_LOCKED | REGION_LOCK_ON_FAULT);
    region_set_insert(&child->regions, copy);
    space_account_locked(child, copy, region_size(copy), 1);
    return copy;
}

struct address_space *space_fork(struct address_space *space) {
    return space->back->fork(space);
}
