/* SPDX-License-Identifier: ISC */
/* A space's life and its sums. */
#include "mmu/window.h"

#include "base/error.h"

#include <stdlib.h>

struct address_space *space_new_paged(struct frame_pool *pool) {
    struct address_space *space = calloc(1, sizeof *space);
    if (!space) return NULL;
    atomic_init(&space->refs, 1);
    atomic_init(&space->epoch, 1);
    space->pool = space->table.pool = pool;
    space->back = &back_end_paged;
    space->base = SPACE_NO_BASE;
    space->end = SPACE_END;
    space->mmap_top = SPACE_END - (1ull << 30);
    space->limit_as = space->limit_data = space->limit_stack = UINT64_MAX;
    host_mutex_init(&space->fork_lock);
    host_mutex_init(&space->lock);
    host_mutex_init(&space->tlb_lock);
    region_set_init(&space->regions);
    list_init(&space->tlbs);
    return space;
}

struct address_space *space_new(struct frame_pool *pool) {
    struct address_space *space = space_new_paged(pool);
    if (!space) return NULL;
    if (pool->memory == SPACE_WINDOWS) window_take(space, 0);
    if (pool->window_layout) window_lay_out(space);
    return space;
}

struct address_space *space_get(struct address_space *space) {
    atomic_fetch_add_explicit(&space->refs, 1, memory_order_relaxed);
    return space;
}

bool space_is_shared(const struct address_space *space) {
    return atomic_load_explicit(&space->refs, memory_order_relaxed) > 2;
}

uint64_t space_base(const struct address_space *space) {
    return space->base;
}

bool space_has_window_layout(const struct address_space *space) {
    return space->window_layout;
}

uint64_t space_end(const struct address_space *space) {
    return space->end;
}

struct space_attachment *space_attachment(const struct address_space *space) {
    return atomic_load_explicit(&space->attachment, memory_order_acquire);
}

uint64_t space_code_changes(const struct address_space *space) {
    return atomic_load(&space->code_changes);
}

struct space_attachment *space_attach(struct address_space *space, struct space_attachment *attachment) {
    struct space_attachment *now = NULL;
    return atomic_compare_exchange_strong(&space->attachment, &now, attachment) ? attachment : now;
}

/* Nobody else knows the space any more, so nothing goes through limbo. */
static void space_free(struct address_space *space) {
    struct space_attachment *attachment = space_attachment(space);
    if (attachment) attachment->free(attachment);
    space->back->free(space);
    code_pages_free(space);
    free(space->breakpoints.at);
    LIST_FOR_EACH(node, &space->regions.list) {
        region_free(CONTAINER_OF(node, struct region, node));
    }
    limbo_reclaim(space);
    host_mutex_fini(&space->tlb_lock);
    host_mutex_fini(&space->lock);
    host_mutex_fini(&space->fork_lock);
    free(space);
}

void space_put(struct address_space *space) {
    if (space && atomic_fetch_sub_explicit(&space->refs, 1, memory_order_acq_rel) == 1) space_free(space);
}

void space_set_limits(struct address_space *space, uint64_t as, uint64_t data, uint64_t stack) {
    host_mutex_lock(&space->lock);
    space->limit_as = as;
    space->limit_data = data;
    space->limit_stack = stack;
    host_mutex_unlock(&space->lock);
}

void space_set_mmap_top(struct address_space *space, uint64_t top) {
    host_mutex_lock(&space->lock);
    space->mmap_top = align_down(top < space->end ? top : space->end, GUEST_PAGE_SIZE);
    host_mutex_unlock(&space->lock);
}

void space_set_image_top(struct address_space *space, uint64_t top) {
    host_mutex_lock(&space->lock);
    space->image_top = align_down(top, GUEST_PAGE_SIZE);
    host_mutex_unlock(&space->lock);
}

void space_begin_change(struct address_space *space) {
    space->back->stop(space);
    host_mutex_lock(&space->lock);
}

void space_end_change(struct address_space *space) {
    host_mutex_unlock(&space->lock);
    space->back->resume(space);
}

void space_account_locked(struct address_space *space, const struct region *like, uint64_t size, int sign) {
    const uint64_t delta = sign > 0 ? size : -size;
    space->mapped += delta;
    if (region_is_data(like)) space->data += delta;
    if (like->flags & REGION_LOCKED) space->locked += delta;
}

static bool exceeds(uint64_t now, uint64_t more, uint64_t limit) {
    return now > limit || more > limit - now;
}

int space_may_grow_locked(const struct address_space *space, uint64_t size, bool is_data) {
    if (exceeds(space->mapped, size, space->limit_as)) return -ENOMEM;
    if (is_data && exceeds(space->data, size, space->limit_data)) return -ENOMEM;
    return 0;
}

bool space_range_ok(const struct address_space *space, uint64_t start, uint64_t size) {
    return size && start < space->end && size <= space->end - start;
}

/* Cuts the region so that it is inside the range, lets fn change it, and keeps the sums right. */
static int change_one(struct address_space *space, struct region **r, uint64_t start, uint64_t end,
                      int (*fn)(struct address_space *space, struct region *r, void *arg), void *arg) {
    const int cuts = ((*r)->start < start) + ((*r)->end > end);
    if (space->regions.n + (uint32_t)cuts > SPACE_MAX_REGIONS) return -ENOMEM;
    struct region *part = region_isolate(&space->regions, *r, start, end);
    if (!part) return -ENOMEM;
    *r = part;
    space_account_locked(space, part, region_size(part), -1);
    const int err = fn(space, part, arg);
    space_account_locked(space, part, region_size(part), 1);
    return err;
}

int space_change_locked(struct address_space *space, uint64_t start, uint64_t end, bool skip_holes,
                        int (*fn)(struct address_space *space, struct region *r, void *arg), void *arg) {
    uint64_t at = start;
    int result = 0;
    struct region *r = region_set_overlap(&space->regions, start, end);
    for (; r && r->start < end; r = region_set_next(&space->regions, r)) {
        if (r->start > at) result = -ENOMEM;
        if (r->start > at && !skip_holes) break;
        const int err = change_one(space, &r, start, end, fn, arg);
        if (err) {
            result = err;
            break;
        }
        at = r->end;
    }
    if (at < end && !result) result = -ENOMEM;
    region_merge_range(&space->regions, start, end);
    return result;
}
