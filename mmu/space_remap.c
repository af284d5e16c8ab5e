/* SPDX-License-Identifier: ISC */
/* mremap: shrinks, grows in place, or moves pages to another place. */
#include "mmu/space_internal.h"

#include "base/error.h"

enum remap_flags { REMAP_MAYMOVE = 1, REMAP_FIXED = 2, REMAP_DONTUNMAP = 4 };

struct remap {
    uint64_t from, old_size, new_size, to;
    int flags;
};

static int check_remap(const struct address_space *space, const struct remap *q) {
    if (q->flags & ~(REMAP_MAYMOVE | REMAP_FIXED | REMAP_DONTUNMAP)) return -EINVAL;
    if ((q->flags & (REMAP_FIXED | REMAP_DONTUNMAP)) && !(q->flags & REMAP_MAYMOVE)) return -EINVAL;
    if ((q->flags & REMAP_DONTUNMAP) && q->old_size != q->new_size) return -EINVAL;
    if (!is_aligned(q->from, GUEST_PAGE_SIZE) || !q->new_size || q->new_size > SPACE_END) return -EINVAL;
    if (q->from >= SPACE_END || q->old_size > SPACE_END) return -EINVAL;
    if (!(q->flags & REMAP_FIXED)) return 0;
    if (!is_aligned(q->to, GUEST_PAGE_SIZE) || !space_range_ok(space, q->to, q->new_size)) return -EINVAL;
    if (space_hits_hole(space, q->to, q->new_size)) return -ENOMEM;
    if (q->to < q->from + q->old_size && q->from < q->to + q->new_size) return -EINVAL;
    return q->to < SPACE_MIN ? -EPERM : 0;
}

/* The one region that holds the old range; grown or moved ranges may not span two. */
static int find_source(struct address_space *space, const struct remap *q, struct region **out) {
    struct region *r = region_set_find(&space->regions, q->from);
    if (!r || r->start > q->from) return -EFAULT;
    if (q->from + q->old_size > r->end) return -EFAULT;
    if (!q->old_size && !(r->flags & REGION_SHARED)) return -EINVAL;
    if ((q->flags & REMAP_DONTUNMAP) && r->object) return -EINVAL;
    *out = r;
    return 0;
}

/* Where the moved range goes, cleared; or -E. */
static int64_t take_target(struct address_space *space, const struct remap *q) {
    if (q->flags & REMAP_FIXED) {
        const int err = space_unmap_locked(space, q->to, q->to + q->new_size);
        return err ? err : (int64_t)q->to;
    }
    const uint64_t hint = q->flags & REMAP_DONTUNMAP ? q->to : 0;
    const uint64_t at = space_find_place_locked(space, q->new_size, hint, PLACE_ANYWHERE);
    return at ? (int64_t)at : -ENOMEM;
}

static int64_t move(struct address_space *space, const struct remap *q, const struct region *r) {
    struct region *moved = region_clone(r, space);
    if (!moved) return -ENOMEM;
    if (moved->object) moved->offset = region_offset(r, q->from);
    const int64_t to = take_target(space, q); /* may cut r */
    if (to < 0) {
        region_free(moved);
        return to;
    }
    moved->start = (uint64_t)to;
    moved->end = (uint64_t)to + q->new_size;
    int err = space->back->place(space, moved, moved->start, moved->end);
    const uint64_t carried = q->old_size < q->new_size ? q->old_size : q->new_size;
    if (!err && q->old_size) err = space->back->move(space, moved, q->from, carried);
    if (err) {
        region_free(moved);
        return err;
    }
    space_insert_locked(space, moved); /* before the rest goes: table nodes without a region are freed */
    if (q->old_size && !(q->flags & REMAP_DONTUNMAP)) space_unmap_locked(space, q->from, q->from + q->old_size);
    return to;
}

static bool can_grow_in_place(struct address_space *space, const struct remap *q, const struct region *r) {
    const uint64_t end = q->from + q->new_size;
    if (q->flags & (REMAP_FIXED | REMAP_DONTUNMAP)) return false;
    if (r->end != q->from + q->old_size || !q->old_size || end > space->end) return false;
    if (space_hits_hole(space, r->end, end - r->end)) return false;
    return region_set_find_gap(&space->regions, end - r->end, r->end, end) == r->end;
}

static int grow_in_place(struct address_space *space, struct region *r, uint64_t end) {
    const int err = space->back->place(space, r, r->end, end);
    if (err) return err;
    space_account_locked(space, r, end - r->end, 1);
    region_set_resize(&space->regions, r, r->start, end);
    region_merge_range(&space->regions, r->start, end);
    return 0;
}

static int64_t remap_grow_or_move(struct address_space *space, const struct remap *q) {
    struct region *r = NULL;
    int err = find_source(space, q, &r);
    if (err) return err;
    const uint64_t carried = q->flags & REMAP_DONTUNMAP ? 0 : q->old_size;
    const uint64_t more = q->new_size > carried ? q->new_size - carried : 0;
    err = space_may_grow_locked(space, more, region_is_data(r));
    if (err) return err;
    if (can_grow_in_place(space, q, r)) {
        err = grow_in_place(space, r, q->from + q->new_size);
        return err ? err : (int64_t)q->from;
    }
    if (!(q->flags & REMAP_MAYMOVE)) return -ENOMEM;
    if (space->regions.n + 3 > SPACE_MAX_REGIONS) return -ENOMEM;
    return move(space, q, r);
}

static int64_t remap_locked(struct address_space *space, const struct remap *q) {
    const bool stays = !(q->flags & (REMAP_FIXED | REMAP_DONTUNMAP));
    if (!stays || q->new_size > q->old_size) return remap_grow_or_move(space, q);
    if (!region_set_overlap(&space->regions, q->from, q->from + 1)) return -EFAULT;
    if (q->new_size == q->old_size) return (int64_t)q->from;
    const int err = space_unmap_locked(space, q->from + q->new_size, q->from + q->old_size);
    return err ? err : (int64_t)q->from;
}

static void populate_if_locked(struct address_space *space, uint64_t from, uint64_t end) {
    const struct region *r = region_set_find(&space->regions, from);
    if (r && (r->flags & REGION_LOCKED) && !(r->flags & REGION_LOCK_ON_FAULT)) space_populate_locked(space, from, end);
}

int64_t space_remap(struct address_space *space, uint64_t gva, uint64_t old_size, uint64_t new_size, int flags,
                    uint64_t new_gva) {
    struct remap q = {gva, 0, 0, new_gva, flags};
    if (old_size > SPACE_END || new_size > SPACE_END) return -EINVAL;
    q.old_size = align_up(old_size, GUEST_PAGE_SIZE);
    q.new_size = align_up(new_size, GUEST_PAGE_SIZE);
    int64_t result = check_remap(space, &q);
    if (result) return result;
    space_begin_change(space);
    result = remap_locked(space, &q);
    limbo_commit(space);
    if (result > 0) populate_if_locked(space, (uint64_t)result, (uint64_t)result + q.new_size);
    space_end_change(space);
    return result;
}

int space_remap_file_pages(struct address_space *space, uint64_t gva, uint64_t size, uint64_t offset) {
    gva = align_down(gva, GUEST_PAGE_SIZE);
    size = align_down(size, GUEST_PAGE_SIZE);
    if (!space_range_ok(space, gva, size)) return -EINVAL;
    struct mem_object *object = NULL;
    int prot = 0;
    host_mutex_lock(&space->lock);
    const struct region *r = region_set_overlap(&space->regions, gva, gva + 1);
    if (r && (r->flags & REGION_SHARED) && gva + size <= r->end) {
        object = mem_object_get(r->object);
        prot = r->prot;
    }
    host_mutex_unlock(&space->lock);
    if (!object) return -EINVAL;
    const int64_t at = space_map(space, gva, size, prot, SPACE_SHARED | SPACE_FIXED, object, offset);
    mem_object_put(object);
    return at < 0 ? (int)at : 0;
}
