/* SPDX-License-Identifier: ISC */
/* fork of a window: regions are mapped again at another base (or kept in frames when the host has no room), and what private pages hold
 * of their own is copied. The parent's other threads stand still meanwhile, so the copy is of one moment. */
#include "mmu/window.h"

#include "host/fault.h"
#include "mmu/gate.h"

#define HUGE_COPY (4ull << 20) /* from here on the host's huge pages are asked for: its small ones cost more than the copy */

/* Two ranges of pages that are present: one call for all pages is many times cheaper than a fault for each. */
static void copy_range(char *to, const char *from, size_t n) {
    if (n >= HUGE_COPY) host_memory_use_huge_pages(to, n);
    host_memory_populate(to, n);
    host_guard_copy(to, from, n);
}

void window_copy_private(struct window_pages *pages, char *from, char *to, uint64_t size, int prot) {
    char *next = from, *at;
    bool lifted = prot & HOST_PROT_WRITE;
    for (size_t n; (n = window_pages_next(pages, &next, from + size, &at)) != 0;) {
        if (!lifted) host_memory_protect(to, size, HOST_PROT_READ | HOST_PROT_WRITE);
        if (!lifted && prot == HOST_PROT_NONE) host_memory_protect(from, size, HOST_PROT_READ);
        lifted = true;
        copy_range(to + (at - from), at, n);
    }
    if (!lifted || (prot & HOST_PROT_WRITE)) return;
    host_memory_protect(to, size, prot);
    if (prot == HOST_PROT_NONE) host_memory_protect(from, size, prot);
}

struct fork {
    struct address_space *parent, *child;
    struct window_pages pages;
};

/* Puts one page of the parent in a frame of the child. */
static bool copy_to_frame(struct address_space *child, const struct region *r, uint64_t gva, const char *from) {
    uint64_t pte;
    const int access = MEM_WRITE | ACCESS_FORCE;
    if (child->back->fault(child, (struct region *)(uintptr_t)r, gva, access, &pte) != MEM_OK) return false;
    host_guard_copy(pte_page(pte), from, GUEST_PAGE_SIZE);
    return true;
}

static bool copy_to_frames(struct fork *fork, const struct region *r) {
    char *start = window_host(fork->parent, r->start), *end = window_host(fork->parent, r->end), *next = start, *at;
    const bool lifted = !r->prot && host_memory_protect(start, region_size(r), HOST_PROT_READ) == 0;
    bool ok = true;
    for (size_t n; ok && (n = window_pages_next(&fork->pages, &next, end, &at)) != 0;) {
        for (size_t i = 0; ok && i < n; i += GUEST_PAGE_SIZE) {
            ok = copy_to_frame(fork->child, r, r->start + (uint64_t)(at + i - start), at + i);
        }
    }
    if (lifted) host_memory_protect(start, region_size(r), HOST_PROT_NONE);
    return ok;
}

static bool copy_pages(struct fork *fork, const struct region *r) {
    struct address_space *child = fork->child;
    if (child->back->place(child, r, r->start, r->end)) return false;
    if (r->flags & (REGION_SHARED | REGION_WIPE_ON_FORK)) return true;
    if (child->back != &back_end_window) return copy_to_frames(fork, r);
    char *from = window_host(fork->parent, r->start), *to = window_host(child, r->start);
    window_copy_private(&fork->pages, from, to, region_size(r), window_prot(r->prot));
    return true;
}

static bool copy_all(struct fork *fork) {
    struct address_space *parent = fork->parent, *child = fork->child;
    space_copy_settings_locked(parent, child);
    LIST_FOR_EACH(node, &parent->regions.list) {
        const struct region *r = CONTAINER_OF(node, struct region, node);
        if (r->flags & REGION_DONT_FORK) continue;
        const struct region *copy = space_copy_region_locked(child, r);
        if (!copy || !copy_pages(fork, copy)) return false;
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
    struct fork fork = {.parent = space, .child = child, .pages = window_pages_of(host_memory_private_pages, space)};
    host_mutex_lock(&child->lock); /* found by its objects from the first region on */
    const bool ok = copy_all(&fork);
    host_mutex_unlock(&child->lock);
    host_mutex_unlock(&space->lock);
    gate_open(space, GATE_NATIVE);
    if (ok) return child;
    space_put(child);
    return NULL;
}
