/* SPDX-License-Identifier: ISC */
/* Regions one by one: copying, cutting, joining. Callers hold the space's lock. */
#include "mmu/region.h"

#include "mmu/backing.h"

#include <stdlib.h>
#include <string.h>

static void enter_backing(struct region *r) {
    list_init(&r->in_backing);
    if (!r->object) return;
    struct backing *backing = r->object->backing;
    host_mutex_lock(&backing->lock);
    list_append(&backing->regions, &r->in_backing);
    host_mutex_unlock(&backing->lock);
}

static void leave_backing(struct region *r) {
    if (!r->object) return;
    struct backing *backing = r->object->backing;
    host_mutex_lock(&backing->lock);
    list_remove(&r->in_backing);
    host_mutex_unlock(&backing->lock);
    if (backing->owner) backing->owner->unmapped(backing->owner, mem_object_mappings(r->object));
}

struct region *region_clone(const struct region *from, struct address_space *space) {
    struct region *r = calloc(1, sizeof *r);
    if (!r) return NULL;
    r->start = from->start;
    r->end = from->end;
    r->prot = from->prot;
    r->flags = from->flags;
    r->is_shared = (from->flags & REGION_SHARED) != 0;
    r->offset = from->offset;
    r->space = space;
    if (from->name && !(r->name = strdup(from->name))) {
        free(r);
        return NULL;
    }
    if (from->object) r->object = mem_object_get(from->object);
    list_init(&r->node);
    enter_backing(r);
    return r;
}

void region_free(struct region *r) {
    leave_backing(r);
    mem_object_put(r->object);
    free(r->name);
    free(r);
}

struct region *region_split(struct region_set *set, struct region *r, uint64_t at) {
    struct region *upper = region_clone(r, r->space);
    if (!upper) return NULL;
    upper->start = at;
    if (r->object) upper->offset = region_offset(r, at);
    region_set_resize(set, r, r->start, at);
    region_set_insert(set, upper);
    return upper;
}

struct region *region_isolate(struct region_set *set, struct region *r, uint64_t start, uint64_t end) {
    if (r->end > end && !region_split(set, r, end)) return NULL;
    if (r->start < start) return region_split(set, r, start);
    return r;
}

static bool same_name(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_object(const struct mem_object *a, const struct mem_object *b) {
    if (a == b) return true;
    return a && b && a->backing == b->backing && a->writable == b->writable && strcmp(a->name, b->name) == 0;
}

bool region_can_merge(const struct region *a, const struct region *b) {
    return a->end == b->start && a->prot == b->prot && a->flags == b->flags && same_object(a->object, b->object) &&
           (!a->object || region_offset(a, a->end) == b->offset) && same_name(a->name, b->name);
}

void region_merge_range(struct region_set *set, uint64_t start, uint64_t end) {
    struct region *r = region_set_find(set, start ? start - 1 : 0);
    while (r && r->start <= end) {
        struct region *next = region_set_next(set, r);
        if (next && region_can_merge(r, next)) {
            const uint64_t joined_end = next->end;
            region_set_remove(set, next);
            region_free(next);
            region_set_resize(set, r, r->start, joined_end);
        } else {
            r = next;
        }
    }
}
