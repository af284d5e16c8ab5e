/* SPDX-License-Identifier: ISC */
/* msync and MADV_REMOVE: work on the objects behind a range, piece by piece, with no lock held meanwhile. */
#include "mmu/space_internal.h"

#include "base/error.h"

enum sync_flags { SYNC_ASYNC = 1, SYNC_INVALIDATE = 2, SYNC_SYNC = 4 };

/* A piece of one region. */
struct piece {
    struct mem_object *object; /* counted; NULL: no shared object here */
    uint64_t offset, size;
    bool is_locked, after_hole;
};

/* Takes the next piece from *at on and moves *at behind it. Returns false when nothing is left. */
static bool next_piece(struct address_space *space, uint64_t *at, uint64_t end, struct piece *piece) {
    host_mutex_lock(&space->lock);
    const struct region *r = *at < end ? region_set_overlap(&space->regions, *at, end) : NULL;
    if (r) {
        const uint64_t from = r->start > *at ? r->start : *at, to = r->end < end ? r->end : end;
        *piece = (struct piece){.offset = region_offset(r, from), .size = to - from,
                                .is_locked = (r->flags & REGION_LOCKED) != 0, .after_hole = from > *at};
        if (r->object && (r->flags & REGION_SHARED)) piece->object = mem_object_get(r->object);
        *at = to;
    }
    host_mutex_unlock(&space->lock);
    return r != NULL;
}

static int sync_piece(const struct piece *piece, int flags) {
    if (piece->is_locked && (flags & SYNC_INVALIDATE)) return -EBUSY;
    if (!piece->object) return 0;
    return backing_sync(piece->object->backing, piece->offset, piece->size, flags & SYNC_SYNC, false);
}

static int sync_range(struct address_space *space, uint64_t start, uint64_t end, int flags) {
    struct piece piece;
    uint64_t at = start;
    bool hole = false;
    while (next_piece(space, &at, end, &piece)) {
        hole |= piece.after_hole;
        const int err = sync_piece(&piece, flags);
        mem_object_put(piece.object);
        if (err) return err;
    }
    return hole || at < end ? -ENOMEM : 0;
}

int space_sync(struct address_space *space, uint64_t gva, uint64_t size, int flags) {
    if (flags & ~(SYNC_ASYNC | SYNC_INVALIDATE | SYNC_SYNC)) return -EINVAL;
    if ((flags & SYNC_ASYNC) && (flags & SYNC_SYNC)) return -EINVAL;
    if (!is_aligned(gva, GUEST_PAGE_SIZE)) return -EINVAL;
    if (!size) return 0;
    if (size > SPACE_END || !space_range_ok(space, gva, align_up(size, GUEST_PAGE_SIZE))) return -ENOMEM;
    return sync_range(space, gva, gva + align_up(size, GUEST_PAGE_SIZE), flags);
}

static int remove_piece(const struct piece *piece) {
    if (piece->is_locked || !piece->object) return -EINVAL;
    if (!piece->object->writable) return -EACCES;
    struct backing *backing = piece->object->backing;
    const int err = backing_punch(backing, piece->offset, piece->size);
    backing_zap(backing, piece->offset, piece->size, false);
    return err;
}

int space_remove_pages(struct address_space *space, uint64_t start, uint64_t end) {
    struct piece piece;
    uint64_t at = start;
    bool hole = false;
    while (next_piece(space, &at, end, &piece)) {
        hole |= piece.after_hole;
        const int err = remove_piece(&piece);
        mem_object_put(piece.object);
        if (err) return err;
    }
    return hole || at < end ? -ENOMEM : 0;
}
