/* SPDX-License-Identifier: ISC */
/* Where windows lie. The identity window (guest address = host address) is whoever's reservation of the low range succeeds: the host
 * refuses the second one. Others are reserved where the host has room. */
#include "mmu/window.h"

#define IDENTITY_AT ((void *)(uintptr_t)SPACE_MIN)
#define IDENTITY_SIZE (WINDOW_SIZE - SPACE_MIN)
#define HUGE_PAGE_SIZE (2ull << 20)

enum { SPARE_RANGES = 8, SPARE_BYTES = 64 << 20 }; /* what a window that becomes the spare one holds at most */

void window_lay_out(struct address_space *space) {
    if (space->base == SPACE_NO_BASE) space->end = WINDOW_SIZE;
    space->window_layout = true;
    space->mmap_top = WINDOW_SMALL_SIZE - (1ull << 30);
    space->image_top = SPACE_HOST_START;
}

static void become(struct address_space *space, void *reserved, uint64_t reserved_size, uint64_t base, uint64_t end) {
    space->back = &back_end_window;
    space->reserved = reserved;
    space->reserved_size = reserved_size;
    space->base = base;
    space->end = end;
    window_lay_out(space);
}

static void *take_spare(struct frame_pool *pool) {
    void *spare = NULL;
    for (unsigned i = 0; i < SPARE_WINDOWS && !spare; i++) spare = atomic_exchange(&pool->spare_window[i], NULL);
    return spare;
}

static bool keep_spare(struct frame_pool *pool, void *reserved) {
    bool kept = false;
    for (unsigned i = 0; i < SPARE_WINDOWS && !kept; i++) {
        void *none = NULL;
        kept = atomic_compare_exchange_strong(&pool->spare_window[i], &none, reserved);
    }
    return kept;
}

/* Huge pages of the guest should be huge pages of the host: the base is a multiple of one. */
static bool reserve(struct address_space *space, uint64_t size) {
    void *at = size == WINDOW_SIZE ? take_spare(space->pool) : NULL;
    if (!at) at = host_memory_reserve(size + HUGE_PAGE_SIZE);
    if (!at) return false;
    become(space, at, size + HUGE_PAGE_SIZE, align_up((uintptr_t)at, HUGE_PAGE_SIZE), size);
    return true;
}

static bool take(struct address_space *space, uint64_t at_least, uint32_t n_windows) {
    if (host_memory_reserve_at(IDENTITY_AT, IDENTITY_SIZE) == 0) {
        become(space, IDENTITY_AT, IDENTITY_SIZE, 0, WINDOW_SIZE);
        return true;
    }
    if (n_windows == 0) atomic_store(&space->pool->reason, "the low addresses of the host process are in use");
    if (n_windows <= WINDOW_BIG_MAX && reserve(space, WINDOW_SIZE)) return true;
    const uint64_t size = align_up(at_least ? at_least : 1, WINDOW_SMALL_SIZE);
    if (reserve(space, size)) return true;
    atomic_store(&space->pool->reason, "the host has no room for another window");
    return false;
}

struct mapped {
    uint64_t start, end;
};

/* What is mapped, in ranges. Returns how many, 0: too many, or too much. */
static size_t find_mapped(const struct address_space *space, struct mapped out[SPARE_RANGES]) {
    size_t n = 0;
    uint64_t bytes = 0;
    LIST_FOR_EACH(node, &space->regions.list) {
        const struct region *r = CONTAINER_OF(node, struct region, node);
        bytes += region_size(r);
        if (n && out[n - 1].end == r->start) {
            out[n - 1].end = r->end;
            continue;
        }
        if (n == SPARE_RANGES) return 0;
        out[n++] = (struct mapped){r->start, r->end};
    }
    return bytes <= SPARE_BYTES ? n : 0;
}

/* Empties the window range by range. The host keeps its page tables then, which are half of what a forked child costs. */
static bool empty(struct address_space *space) {
    struct mapped mapped[SPARE_RANGES];
    const size_t n = find_mapped(space, mapped);
    bool ok = n > 0;
    if (ok) host_memory_discard(space->reserved, space->reserved_size);
    for (size_t i = 0; i < n; i++) ok = ok && host_memory_vacate(window_host(space, mapped[i].start), mapped[i].end - mapped[i].start) == 0;
    return ok;
}

void window_give_back(struct address_space *space) {
    struct frame_pool *pool = space->pool;
    const bool may_stay = space->base && space->reserved_size == WINDOW_SIZE + HUGE_PAGE_SIZE;
    if (!may_stay || !empty(space) || !keep_spare(pool, space->reserved)) {
        host_memory_unmap(space->reserved, space->reserved_size);
    }
    atomic_fetch_sub(&pool->n_windows, 1);
}

void window_free_spares(struct frame_pool *pool) {
    for (void *spare; (spare = take_spare(pool));) host_memory_unmap(spare, WINDOW_SIZE + HUGE_PAGE_SIZE);
}

void window_take(struct address_space *space, uint64_t at_least) {
    if (host_page_size() != GUEST_PAGE_SIZE) {
        atomic_store(&space->pool->reason, "the host's pages are not of 4096 bytes");
        return;
    }
    const uint32_t n_windows = atomic_fetch_add(&space->pool->n_windows, 1);
    if (!take(space, at_least, n_windows)) atomic_fetch_sub(&space->pool->n_windows, 1);
}

/* Maps every region at another base and copies what it holds. Returns false when the host refuses. */
static bool move_regions(struct address_space *space, uint64_t base) {
    struct address_space there = *space;
    there.base = base;
    struct window_pages pages = window_pages_of(host_memory_private_pages, space);
    LIST_FOR_EACH(node, &space->regions.list) {
        const struct region *r = CONTAINER_OF(node, struct region, node);
        if (window_place(&there, r, r->start, r->end)) return false;
        if (r->flags & REGION_SHARED) continue;
        char *from = window_host(space, r->start), *to = window_host(&there, r->start);
        window_copy_private(&pages, from, to, region_size(r), window_prot(r->prot));
    }
    return true;
}

void space_take_identity(struct address_space *space) {
    if (space->base == 0 || space->back != &back_end_window) return;
    if (host_memory_reserve_at(IDENTITY_AT, IDENTITY_SIZE) != 0) return;
    host_mutex_lock(&space->lock);
    const bool moved = move_regions(space, 0);
    if (moved) {
        host_memory_unmap(space->reserved, space->reserved_size);
        space->reserved = IDENTITY_AT;
        space->reserved_size = IDENTITY_SIZE;
        space->base = 0;
        space->end = WINDOW_SIZE;
    } else {
        host_memory_unmap(IDENTITY_AT, IDENTITY_SIZE);
    }
    host_mutex_unlock(&space->lock);
}
