/* SPDX-License-Identifier: ISC */
/* From an object to the spaces that map it: listing them, and taking pages that are gone out of their tables. */
#include "mmu/space_internal.h"

#include <stdlib.h>

static bool is_listed(const struct space_list *list, const struct address_space *space) {
    for (size_t i = 0; i < list->n; i++) {
        if (list->space[i] == space) return true;
    }
    return false;
}

/* A space that is being freed has no TLBs and must not be revived. */
static bool get_if_alive(struct address_space *space) {
    uint32_t refs = atomic_load(&space->refs);
    while (refs && !atomic_compare_exchange_weak(&space->refs, &refs, refs + 1)) continue;
    return refs != 0;
}

static bool list_add(struct space_list *list, struct address_space *space) {
    if (is_listed(list, space)) return true;
    struct address_space **grown = realloc(list->space, (list->n + 1) * sizeof *grown);
    if (!grown) return false;
    list->space = grown;
    if (get_if_alive(space)) list->space[list->n++] = space;
    return true;
}

bool space_list_of_backing(struct space_list *list, struct backing *backing, const struct address_space *except,
                           bool only_shared) {
    bool ok = true;
    *list = (struct space_list){0};
    host_mutex_lock(&backing->lock);
    LIST_FOR_EACH(node, &backing->regions) {
        const struct region *r = CONTAINER_OF(node, struct region, in_backing);
        if (r->space == except || (only_shared && !r->is_shared)) continue;
        ok = ok && list_add(list, r->space);
    }
    host_mutex_unlock(&backing->lock);
    return ok;
}

void space_list_fini(struct space_list *list) {
    for (size_t i = 0; i < list->n; i++) space_put(list->space[i]);
    free(list->space);
    *list = (struct space_list){0};
}

static void zap_space(struct address_space *space, const struct backing *backing, uint64_t offset, uint64_t size,
                      bool copies) {
    const uint64_t limit = size < UINT64_MAX - offset ? offset + size : UINT64_MAX;
    host_mutex_lock(&space->lock);
    LIST_FOR_EACH(node, &space->regions.list) {
        const struct region *r = CONTAINER_OF(node, struct region, node);
        if (!r->object || r->object->backing != backing) continue;
        const uint64_t from = offset > r->offset ? offset : r->offset;
        const uint64_t to = limit < region_offset(r, r->end) ? limit : region_offset(r, r->end);
        if (from < to) space->back->zap(space, r, r->start + (from - r->offset), r->start + (to - r->offset), copies);
    }
    limbo_commit(space);
    host_mutex_unlock(&space->lock);
}

void backing_zap(struct backing *backing, uint64_t offset, uint64_t size, bool copies) {
    struct space_list users;
    space_list_of_backing(&users, backing, NULL, false);
    for (size_t i = 0; i < users.n; i++) zap_space(users.space[i], backing, offset, size, copies);
    space_list_fini(&users);
}

void mem_file_truncated(struct frame_pool *pool, uint64_t dev, uint64_t ino, uint64_t size) {
    struct backing *backing = backing_find(pool, dev, ino);
    if (!backing) return;
    backing_bump_range(backing, size, UINT64_MAX);
    backing_zap(backing, align_up(size, GUEST_PAGE_SIZE), UINT64_MAX, true);
    backing_put(backing);
}

void mem_file_written(struct frame_pool *pool, uint64_t dev, uint64_t ino, uint64_t offset, uint64_t size) {
    if (LIKELY(!atomic_load(backing_slot(pool, dev, ino)))) return;
    struct backing *backing = backing_find(pool, dev, ino);
    if (!backing) return;
    backing_bump_range(backing, offset, size < UINT64_MAX - offset ? offset + size : UINT64_MAX);
    backing_put(backing);
}
