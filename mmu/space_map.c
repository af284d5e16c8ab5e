/* SPDX-License-Identifier: ISC */
/* mmap and munmap. Everything is checked before the first change. */
#include "mmu/space_internal.h"

#include "base/error.h"

#include <stdlib.h>

#define LOW_32BIT_START 0x40000000ull
#define LOW_32BIT_END 0x80000000ull
#define HUGE_PAGE_SIZE (2ull << 20)
#define IMAGE_SIZE_MAX (64ull << 20) /* larger files are data */
#define IMAGE_LOW_END 0x30000000ull  /* below is the program and its heap */

static void remove_region(struct address_space *space, struct region *r) {
    space_account_locked(space, r, region_size(r), -1);
    region_set_remove(&space->regions, r);
    if (r->object) limbo_add_object(space, mem_object_get(r->object));
    region_free(r);
}

static void remove_regions(struct address_space *space, uint64_t start, uint64_t end) {
    struct region *next;
    for (struct region *r = region_set_overlap(&space->regions, start, end); r && r->start < end; r = next) {
        next = region_set_next(&space->regions, r);
        remove_region(space, r);
    }
}

/* Makes the range begin and end between regions. Returns 0 or -ENOMEM with nothing changed. */
static int cut_at_borders(struct address_space *space, uint64_t start, uint64_t end) {
    struct region *first = region_set_overlap(&space->regions, start, end);
    struct region *last = region_set_find(&space->regions, end - 1);
    if (last && last->start >= end) last = NULL;
    const uint32_t cuts = (uint32_t)(first->start < start) + (uint32_t)(last && last->end > end);
    if (cuts == 2 && first == last && space->regions.n + 1 > SPACE_MAX_REGIONS) return -ENOMEM;
    if (last && last->end > end && !region_split(&space->regions, last, end)) return -ENOMEM;
    if (first->start < start && !region_split(&space->regions, first, start)) {
        region_merge_range(&space->regions, end, end);
        return -ENOMEM;
    }
    return 0;
}

int space_unmap_locked(struct address_space *space, uint64_t start, uint64_t end) {
    if (!region_set_overlap(&space->regions, start, end)) return 0;
    int err = cut_at_borders(space, start, end);
    if (err) return err;
    err = space->back->drop(space, start, end);
    if (err) {
        region_merge_range(&space->regions, start, end);
        return err;
    }
    remove_regions(space, start, end);
    space->back->dropped(space, start, end);
    limbo_commit(space);
    return 0;
}

int space_unmap(struct address_space *space, uint64_t gva, uint64_t size) {
    if (!is_aligned(gva, GUEST_PAGE_SIZE) || size > SPACE_END) return -EINVAL;
    size = align_up(size, GUEST_PAGE_SIZE);
    if (!size || gva >= SPACE_END || size > SPACE_END - gva) return -EINVAL;
    if (gva >= space->end) return 0;
    if (size > space->end - gva) size = space->end - gva;
    space_begin_change(space);
    const int err = space_unmap_locked(space, gva, gva + size);
    space_end_change(space);
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
    if (hint < SPACE_MIN || !space_range_ok(space, hint, size) || space_hits_hole(space, hint, size)) return false;
    return region_set_find_gap(&space->regions, size, hint, hint + size) == hint;
}

/* The highest hole of this size in [low, high), not over the host's own part of a window. */
static uint64_t find_gap(const struct address_space *space, uint64_t size, uint64_t low, uint64_t high) {
    if (!space_has_hole(space) || high <= SPACE_HOST_START || low >= SPACE_HOST_END) {
        return region_set_find_gap(&space->regions, size, low, high);
    }
    const uint64_t above = region_set_find_gap(&space->regions, size, SPACE_HOST_END, high);
    return above ? above : region_set_find_gap(&space->regions, size, low, SPACE_HOST_START);
}

/* The same aligned to a huge page, where the size is a multiple of one: what Linux does, and a host's huge pages fit in it. */
static uint64_t find_big_gap(const struct address_space *space, uint64_t size, uint64_t low, uint64_t high) {
    const uint64_t extra = size % HUGE_PAGE_SIZE ? 0 : HUGE_PAGE_SIZE - GUEST_PAGE_SIZE;
    const uint64_t at = space_has_hole(space) ? find_gap(space, size + extra, low, high) : 0;
    return at ? align_up(at, extra + GUEST_PAGE_SIZE) : find_gap(space, size, low, high);
}

static uint64_t find_low_place(const struct address_space *space, uint64_t size, uint64_t hint) {
    if (hint >= LOW_32BIT_START && hint + size <= LOW_32BIT_END && hint_fits(space, hint, size)) return hint;
    const uint64_t found = find_gap(space, size, LOW_32BIT_START, LOW_32BIT_END);
    return found || !space_has_hole(space) ? found : find_gap(space, size, LOW_32BIT_START / 2, LOW_32BIT_START);
}

uint64_t space_find_place_locked(const struct address_space *space, uint64_t size, uint64_t hint, enum place_kind kind) {
    hint = align_up(hint, GUEST_PAGE_SIZE);
    if (kind == PLACE_32BIT) return find_low_place(space, size, hint);
    if (hint && hint_fits(space, hint, size)) return hint;
    uint64_t found = 0;
    if (kind == PLACE_IMAGE && space_has_hole(space) && size <= IMAGE_SIZE_MAX) {
        found = region_set_find_gap(&space->regions, size, IMAGE_LOW_END, space->image_top);
    }
    if (!found) found = find_big_gap(space, size, space_has_hole(space) ? SPACE_HOST_END : SPACE_MIN, space->mmap_top);
    return found ? found : find_gap(space, size, SPACE_MIN, space->end);
}

struct map_request {
    uint64_t gva, size, offset;
    int prot, flags;
    struct mem_object *object;
};

static int check_request(const struct address_space *space, const struct map_request *q) {
    const bool fixed = q->flags & (SPACE_FIXED | SPACE_FIXED_NOREPLACE);
    const int type = q->flags & (SPACE_SHARED | SPACE_PRIVATE);
    if (type == 0) return -EINVAL;
    if (!q->size || !is_aligned(q->offset, GUEST_PAGE_SIZE)) return -EINVAL;
    if (q->size > SPACE_END) return -ENOMEM;
    if (fixed && !is_aligned(q->gva, GUEST_PAGE_SIZE)) return -EINVAL;
    if (fixed && !space_range_ok(space, q->gva, align_up(q->size, GUEST_PAGE_SIZE))) return -ENOMEM;
    if (fixed && space_hits_hole(space, q->gva, align_up(q->size, GUEST_PAGE_SIZE))) return -ENOMEM;
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
        const enum place_kind kind = q->flags & SPACE_32BIT                   ? PLACE_32BIT
                                     : q->object || (q->prot & SPACE_EXEC) ? PLACE_IMAGE
                                                                          : PLACE_ANYWHERE;
        const uint64_t at = space_find_place_locked(space, size, q->gva, kind);
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
    const int err = space->back->place(space, r, r->start, r->end);
    if (err) return err;
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

/* Only a mapping over others takes something away. */
static int64_t begin_map(struct address_space *space, const struct map_request *q, struct region *r) {
    if (!(q->flags & SPACE_FIXED)) {
        host_mutex_lock(&space->lock);
        const int64_t at = map_locked(space, q, r);
        host_mutex_unlock(&space->lock);
        return at;
    }
    space_begin_change(space);
    const int64_t at = map_locked(space, q, r);
    space_end_change(space);
    return at;
}

int64_t space_map(struct address_space *space, uint64_t gva, uint64_t size, int prot, int flags,
                  struct mem_object *object, uint64_t offset) {
    const struct map_request q = {gva, size, object ? offset : 0, prot, flags, object};
    int64_t result = check_request(space, &q);
    if (result) return result;
    struct region like = {.prot = prot & (SPACE_READ | SPACE_WRITE | SPACE_EXEC), .flags = region_flags_of(flags),
                          .offset = q.offset};
    if ((object || (flags & SPACE_SHARED)) && !(like.object = object_for(&q))) return -ENOMEM;
    if (like.object) {
        result = mem_object_join(like.object, space->pool);
        const bool writable = (flags & SPACE_SHARED) && like.object->writable;
        if (!result) result = backing_probe(like.object->backing, offset, writable);
    }
    struct region *r = result ? NULL : region_clone(&like, space);
    if (!r && !result) result = -ENOMEM;
    if (!result) result = begin_map(space, &q, r);
    if (result < 0 && r) region_free(r);
    mem_object_put(like.object);
    return result;
}
