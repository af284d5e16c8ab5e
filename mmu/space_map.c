/* SPDX-License-Identifier: ISC */
/* mmap and munmap. Everything is checked before the first change. */
#include "mmu/space_internal.h"

#include "base/error.h"

#include <stdlib.h>

#define LOW_32BIT_START 0x40000000ull
#define LOW_32BIT_END 0x80000000ull

void space_zap_locked(struct address_space *space, uint64_t start, uint64_t end) {
    pte_slot *slot;
    for (uint64_t at = start; (slot = page_table_next(&space->table, &at, end)); at += GUEST_PAGE_SIZE) {
        const uint64_t pte = atomic_exchange_explicit(slot, 0, memory_order_relaxed);
        if (pte & PTE_EXEC) code_page_bump_locked(space, at);
        if (pte & PTE_FRAME) limbo_add_frame(space, pte_page(pte));
        else limbo_mark(&space->limbo);
    }
}

static void node_to_limbo(void *arg, void *node) {
    limbo_add_frame(arg, node);
}

/* Frees the page table's nodes that the range leaves without a region: they may reach beyond it. */
static void prune_around(struct address_space *space, uint64_t start, uint64_t end) {
    const uint64_t leaf = 512 * GUEST_PAGE_SIZE;
    const struct region *above = region_set_find(&space->regions, start);
    const struct region *below = above ? region_set_prev(&space->regions, above) : region_set_last(&space->regions);
    const uint64_t low = below ? below->end : 0, high = above ? above->start : 1ull << 48;
    const uint64_t first = align_down(start, leaf) >= low ? align_down(start, leaf) : align_up(start, leaf);
    const uint64_t last = align_up(end, leaf) <= high ? align_up(end, leaf) : align_down(end, leaf);
    if (first < last) page_table_prune(&space->table, first, last, node_to_limbo, space);
}

static void remove_region(struct address_space *space, struct region *r) {
    space_account_locked(space, r, region_size(r), -1);
    space_zap_locked(space, r->start, r->end);
    region_set_remove(&space->regions, r);
    if (r->object) limbo_add_object(space, mem_object_get(r->object));
    region_free(r);
}

int space_unmap_locked(struct address_space *space, uint64_t start, uint64_t end) {
    struct region *first = region_set_overlap(&space->regions, start, end);
    if (!first) return 0;
    struct region *last = region_set_find(&space->regions, end - 1);
    if (!last || last->start >= end) last = NULL;
    const uint32_t cuts = (uint32_t)(first->start < start) + (uint32_t)(last && last->end > end);
    if (cuts == 2 && first == last && space->regions.n + 1 > SPACE_MAX_REGIONS) return -ENOMEM;
    if (last && last->end > end && !region_split(&space->regions, last, end)) return -ENOMEM;
    if (first->start < start) {
        first = region_split(&space->regions, first, start);
        if (!first) {
            region_merge_range(&space->regions, end, end);
            return -ENOMEM;
        }
    }
    for (struct region *r = first; r && r->start < end;) {
        struct region *next = region_set_next(&space->regions, r);
        remove_region(space, r);
        r = next;
    }
    prune_around(space, start, end);
    limbo_commit(space);
    return 0;
}

int space_unmap(struct address_space *space, uint64_t gva, uint64_t size) {
    if (!is_aligned(gva, GUEST_PAGE_SIZE) || size > SPACE_END) return -EINVAL;
    size = align_up(size, GUEST_PAGE_SIZE);
    if (!space_range_ok(gva, size)) return -EINVAL;
    host_mutex_lock(&space->lock);
    const int err = space_unmap_locked(space, gva, gva + size);
    host_mutex_unlock(&space->lock);
    return err;
}

void space_insert_locked(struct address_space *space, struct region *r) {
    const uint64_t start = r->start, end = r->end;
    region_set_insert(&space->regions, r);
    space_account_locked(space, r, end - start, 1);
    region_merge_range(&space->regions, start, end); /* may free r */
}

/* A hint is taken when the place is free and keeps its distance from stacks. */
static bool hint_fits(const struct address_space *space, uint64_t hint, uint64_t size) {
    if (hint < SPACE_MIN || !space_range_ok(hint, size)) return false;
    return region_set_find_gap(&space->regions, size, hint, hint + size) == hint;
}

uint64_t space_find_place_locked(const struct address_space *space, uint64_t size, uint64_t hint, bool low_32bit) {
    hint = align_up(hint, GUEST_PAGE_SIZE);
    if (low_32bit) {
        if (hint >= LOW_32BIT_START && hint + size <= LOW_32BIT_END && hint_fits(space, hint, size)) return hint;
        return region_set_find_gap(&space->regions, size, LOW_32BIT_START, LOW_32BIT_END);
    }
    if (hint && hint_fits(space, hint, size)) return hint;
    const uint64_t found = region_set_find_gap(&space->regions, size, SPACE_MIN, space->mmap_top);
    return found ? found : region_set_find_gap(&space->regions, size, SPACE_MIN, SPACE_END);
}

struct map_request {
    uint64_t gva, size, offset;
    int prot, flags;
    struct mem_object *object;
};

static int check_request(const struct map_request *q) {
    const bool fixed = q->flags & (SPACE_FIXED | SPACE_FIXED_NOREPLACE);
    const int type = q->flags & (SPACE_SHARED | SPACE_PRIVATE);
    if (type == 0) return -EINVAL;
    if (!q->size || !is_aligned(q->offset, GUEST_PAGE_SIZE)) return -EINVAL;
    if (q->size > SPACE_END) return -ENOMEM;
    if (fixed && !is_aligned(q->gva, GUEST_PAGE_SIZE)) return -EINVAL;
    if (fixed && !space_range_ok(q->gva, align_up(q->size, GUEST_PAGE_SIZE))) return -ENOMEM;
    if (fixed && q->gva < SPACE_MIN) return -EPERM;
    if (!q->object) return 0;
    if (q->offset + align_up(q->size, GUEST_PAGE_SIZE) < q->offset) return -EOVERFLOW;
    if (q->object->backing->kind == BACKING_ANONYMOUS && q->offset + q->size > 1ull << 48) return -EOVERFLOW;
    if ((q->flags & SPACE_GROWSDOWN)) return -EINVAL;
    if ((q->flags & SPACE_SHARED) && (q->prot & SPACE_WRITE) && !q->object->writable) return -EACCES;
    return 0;
}

static uint32_t region_flags_of(int flags) {
    return (flags & SPACE_SHARED ? REGION_SHARED : 0) | (flags & SPACE_GROWSDOWN ? REGION_GROWS_DOWN : 0) |
           (flags & SPACE_LOCKED ? REGION_LOCKED : 0) | (flags & SPACE_NORESERVE ? REGION_NO_RESERVE : 0);
}

/* Finds and clears the place. Returns the address or -E. */
static int64_t take_place(struct address_space *space, const struct map_request *q, uint64_t size) {
    const bool is_data = (q->prot & SPACE_WRITE) && !(q->flags & (SPACE_SHARED | SPACE_GROWSDOWN));
    if (q->flags & SPACE_FIXED_NOREPLACE) {
        if (region_set_overlap(&space->regions, q->gva, q->gva + size)) return -EEXIST;
    } else if (!(q->flags & SPACE_FIXED)) {
        const uint64_t at = space_find_place_locked(space, size, q->gva, q->flags & SPACE_32BIT);
        if (!at) return -ENOMEM;
        const int err = space_may_grow_locked(space, size, is_data);
        return err ? err : (int64_t)at;
    }
    uint64_t replaced = 0;
    for (const struct region *r = region_set_overlap(&space->regions, q->gva, q->gva + size);
         r && r->start < q->gva + size; r = region_set_next(&space->regions, r)) {
        const uint64_t from = r->start > q->gva ? r->start : q->gva;
        replaced += (r->end < q->gva + size ? r->end : q->gva + size) - from;
    }
    int err = space_may_grow_locked(space, size - replaced, is_data);
    if (!err) err = space_unmap_locked(space, q->gva, q->gva + size);
    return err ? err : (int64_t)q->gva;
}

static int64_t map_locked(struct address_space *space, const struct map_request *q, struct region *r) {
    const uint64_t size = align_up(q->size, GUEST_PAGE_SIZE);
    if (space->regions.n >= SPACE_MAX_REGIONS) return -ENOMEM;
    const int64_t at = take_place(space, q, size);
    if (at < 0) return at;
    r->start = (uint64_t)at;
    r->end = r->start + size;
    r->flags |= space->lock_future;
    const bool lock_now = (r->flags & REGION_LOCKED) && !(r->flags & REGION_LOCK_ON_FAULT);
    space_insert_locked(space, r);
    if ((q->flags & SPACE_POPULATE) || lock_now) space_populate_locked(space, (uint64_t)at, (uint64_t)at + size);
    return at;
}

/* Memory shared without a file has an object of its own. Returns NULL without memory. */
static struct mem_object *object_for(const struct map_request *q) {
    if (q->object) return mem_object_get(q->object);
    return mem_object_new_anonymous("/dev/zero (deleted)");
}

int64_t space_map(struct address_space *space, uint64_t gva, uint64_t size, int prot, int flags,
                  struct mem_object *object, uint64_t offset) {
    const struct map_request q = {gva, size, object ? offset : 0, prot, flags, object};
    int64_t result = check_request(&q);
    if (result) return result;
    struct region like = {.prot = prot & (SPACE_READ | SPACE_WRITE | SPACE_EXEC), .flags = region_flags_of(flags),
                          .offset = q.offset};
    if ((object || (flags & SPACE_SHARED)) && !(like.object = object_for(&q))) return -ENOMEM;
    if (like.object) {
        mem_object_join(like.object, space->pool);
        result = backing_probe(like.object->backing, offset, (flags & SPACE_SHARED) && like.object->writable);
    }
    struct region *r = result ? NULL : region_clone(&like, space);
    if (!r && !result) result = -ENOMEM;
    host_mutex_lock(&space->lock);
    if (!result) result = map_locked(space, &q, r);
    host_mutex_unlock(&space->lock);
    if (result < 0 && r) region_free(r);
    mem_object_put(like.object);
    return result;
}
