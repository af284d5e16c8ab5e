/* SPDX-License-Identifier: ISC */
/* Page faults: finds the region, grows stacks, checks rights; the page is the back end's. Callers hold the space's lock. */
#include "mmu/space_internal.h"

#define GROW_SIZE (16 * GUEST_PAGE_SIZE) /* in windows, where each fault costs a signal of the host */

/* Grows a stack downwards to start there. The region below must be farther away than the guard gap. */
static bool grow_to(struct address_space *space, struct region *r, uint64_t start) {
    const struct region *below = region_set_prev(&space->regions, r);
    const uint64_t more = r->start - start;
    if (start < SPACE_MIN || r->end - start > space->limit_stack) return false;
    if (below && !(below->flags & REGION_GROWS_DOWN) && below->prot && start < below->end + STACK_GUARD_GAP) return false;
    if (below && start < below->end) return false;
    if (space_hits_hole(space, start, more) || space_may_grow_locked(space, more, false)) return false;
    if (space->back->place(space, r, start, r->start)) return false;
    if (r->object) r->offset -= more;
    region_set_resize(&space->regions, r, start, r->end);
    space_account_locked(space, r, more, 1);
    return true;
}

static bool grow_stack(struct address_space *space, struct region *r, uint64_t gva) {
    const uint64_t generous = align_down(gva, space_has_hole(space) ? GROW_SIZE : GUEST_PAGE_SIZE);
    return grow_to(space, r, generous) || grow_to(space, r, align_down(gva, GUEST_PAGE_SIZE));
}

static struct region *region_at(struct address_space *space, uint64_t gva) {
    struct region *r = region_set_find(&space->regions, gva);
    if (!r || r->start <= gva) return r;
    return (r->flags & REGION_GROWS_DOWN) && grow_stack(space, r, gva) ? r : NULL;
}

/* As on x86-64 without protection keys: whatever can be accessed at all can be read. */
bool region_allows(const struct region *r, int access) {
    if (access & MEM_WRITE) return (r->prot & SPACE_WRITE) != 0;
    if (access & MEM_EXEC) return (r->prot & SPACE_EXEC) != 0;
    return r->prot != 0;
}

enum mem_fault_kind space_fault_locked(struct address_space *space, uint64_t gva, int access, uint64_t *pte) {
    struct region *r = gva < space->end ? region_at(space, gva) : NULL;
    if (!r) return MEM_FAULT_UNMAPPED;
    if (!(access & ACCESS_FORCE) && !region_allows(r, access)) return MEM_FAULT_RIGHTS;
    if ((access & MEM_WRITE) && (r->flags & REGION_SHARED) && !(r->prot & SPACE_WRITE)) return MEM_FAULT_RIGHTS;
    return space->back->fault(space, r, align_down(gva, GUEST_PAGE_SIZE), access, pte);
}

enum mem_fault_kind space_populate_pages_locked(struct address_space *space, uint64_t start, uint64_t end, int access) {
    for (uint64_t at = start; at < end;) {
        struct region *r = region_set_find(&space->regions, at);
        if (!r || r->start > at) return MEM_FAULT_UNMAPPED;
        const int how = access ? access : (r->prot & SPACE_WRITE) && !(r->flags & REGION_SHARED) ? MEM_WRITE : MEM_READ;
        if (!region_allows(r, how)) return MEM_FAULT_RIGHTS;
        const uint64_t to = r->end < end ? r->end : end;
        const enum mem_fault_kind kind = space->back->populate(space, r, at, to, how);
        if (kind != MEM_OK) return kind;
        at = to;
    }
    return MEM_OK;
}

void space_populate_locked(struct address_space *space, uint64_t start, uint64_t end) {
    space_populate_pages_locked(space, start, end, 0);
}
