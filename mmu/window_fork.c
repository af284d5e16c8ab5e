/* SPDX-License-Identifier: ISC */
/* fork of a window: regions are mapped again at another base (or kept in frames when the host has no room), and what private pages hold
 * of their own is copied. The parent's other threads stand still meanwhile, so the copy is of one moment. */
#include "mmu/window.h"

#include "host/fault.h"
#include "mmu/gate.h"

enum { RANGES = 32 };

/* What the pages of a private range hold of their own. */
struct private_pages {
    char *at, *end;
    struct host_range range[RANGES];
    size_t n;
};

static bool next_ranges(struct private_pages *pages) {
    pages->n = 0;
    while (pages->at < pages->end && pages->n == 0) {
        pages->n = host_memory_private_pages(&pages->at, pages->end, pages->range, RANGES);
    }
    return pages->n != 0;
}

void window_copy_private(char *from, char *to, uint64_t size, int prot) {
    struct private_pages pages = {.at = from, .end = from + size};
    bool lifted = prot & HOST_PROT_WRITE;
    while (next_ranges(&pages)) {
        if (!lifted) host_memory_protect(to, size, HOST_PROT_READ | HOST_PROT_WRITE);
        if (!lifted && prot == HOST_PROT_NONE) host_memory_protect(from, size, HOST_PROT_READ);
        lifted = true;
        for (size_t i = 0; i < pages.n; i++) {
            const struct host_range *range = &pages.range[i];
            const size_t n = (size_t)(range->end - range->start);
            host_memory_populate(to + (range->start - from), n);
            host_guard_copy(to + (range->start - from), range->start, n);
        }
    }
    if (!lifted || (prot & HOST_PROT_WRITE)) return;
    host_memory_protect(to, size, prot);
    if (prot == HOST_PROT_NONE) host_memory_protect(from, size, prot);
}

/* Puts one page of the parent in a frame of the child. */
static bool copy_to_frame(struct address_space *child, const struct region *r, uint64_t gva, const char *from) {
    uint64_t pte;
    const int access = MEM_WRITE | ACCESS_FORCE;
    if (child->back->fault(child, (struct region *)(uintptr_t)r, gva, access, &pte) != MEM_OK) return false;
    host_guard_copy(pte_page(pte), from, GUEST_PAGE_SIZE);
    return true;
}

static bool copy_to_frames(struct address_space *space, struct address_space *child, const struct region *r) {
    char *start = window_host(space, r->start);
    struct private_pages pages = {.at = start, .end = window_host(space, r->end)};
    const bool lifted = !r->prot && host_memory_protect(start, region_size(r), HOST_PROT_READ) == 0;
    bool ok = true;
    while (ok && next_ranges(&pages)) {
        for (size_t i = 0; i < pages.n; i++) {
            for (char *at = pages.range[i].start; ok && at < pages.range[i].end; at += GUEST_PAGE_SIZE) {
                ok = copy_to_frame(child, r, r->start + (uint64_t)(at - start), at);
            }
        }
    }
    if (lifted) host_memory_protect(start, region_size(r), HOST_PROT_NONE);
    return ok;
}

static bool copy_pages(struct address_space *space, struct address_space *child, const struct region *r) {
    if (child->back->place(child, r, r->start, r->end)) return false;
    if (r->flags & (REGION_SHARED | REGION_WIPE_ON_FORK)) return true;
    if (child->back != &back_end_window) return copy_to_frames(space, child, r);
    window_copy_private(window_host(space, r->start), window_host(child, r->start), region_size(r), window_prot(r->prot));
    return true;
}

static bool copy_all(struct address_space *space, struct address_space *child) {
    space_copy_settings_locked(space, child);
    LIST_FOR_EACH(node, &space->regions.list) {
        const struct region *r = CONTAINER_OF(node, struct region, node);
        if (r->flags & REGION_DONT_FORK) continue;
        const struct region *copy = space_copy_region_locked(child, r);
        if (!copy || !copy_pages(space, child, copy)) return false;
    }
    return true;
}

struct address_space *window_fork(struct address_space *space) {
    struct address_space *child = space_new_paged(space->pool);
    if (!child) return NULL;
    gate_close(space, GATE_NATIVE);
    host_mutex_lock(&space->lock);
    const struct region *last = region_set_last(&space->regions);
    window_take(child, last ? last->end : 0);
    const bool ok = copy_all(space, child);
    host_mutex_unlock(&space->lock);
    gate_open(space, GATE_NATIVE);
    if (ok) return child;
    space_put(child);
    return NULL;
}
