/* SPDX-License-Identifier: ISC */
/* What mmap made: a range of pages with rights and backing, and the ordered set of them. The set is an AVL tree that
 * also knows the largest hole below each node, with a list through it in address order. Regions never overlap.
 * Everything here is guarded by the space's lock. Private to mmu/. */
#pragma once

#include "base/list.h"
#include "mmu/space.h"

struct mem_object;
struct address_space;

enum region_flags {
    REGION_SHARED = 1,
    REGION_GROWS_DOWN = 2,
    REGION_LOCKED = 4,
    REGION_LOCK_ON_FAULT = 8,
    REGION_DONT_FORK = 16,
    REGION_WIPE_ON_FORK = 32,
    REGION_DONT_DUMP = 64,
    REGION_NO_RESERVE = 128,
};

struct region {
    struct list node;          /* in region_set.list, by address */
    struct region *left, *right;
    int height;
    uint64_t max_gap;          /* largest hole directly below a region of this subtree */
    uint64_t start, end;
    int prot;                  /* SPACE_READ | SPACE_WRITE | SPACE_EXEC */
    uint32_t flags;            /* enum region_flags */
    struct mem_object *object; /* counted; NULL: private anonymous memory */
    uint64_t offset;           /* in the object, of start */
    char *name;                /* owned; NULL: none */
    struct address_space *space; /* borrowed: the space outlives its regions */
    struct list in_backing;    /* guarded by backing->lock: backing->regions */
    bool is_shared;            /* immutable: REGION_SHARED, for those who hold only backing->lock */
};

struct region_set {
    struct region *root;
    struct list list;
    uint32_t n;
};

#define STACK_GUARD_GAP (256ull * GUEST_PAGE_SIZE)

static inline uint64_t region_size(const struct region *r) {
    return r->end - r->start;
}

/* Offset in the object of an address inside the region. */
static inline uint64_t region_offset(const struct region *r, uint64_t gva) {
    return r->offset + (gva - r->start);
}

void region_set_init(struct region_set *set);
/* The first region that ends above gva, or NULL. */
struct region *region_set_find(const struct region_set *set, uint64_t gva);
/* The first region that overlaps [start, end), or NULL. */
struct region *region_set_overlap(const struct region_set *set, uint64_t start, uint64_t end);
struct region *region_set_next(const struct region_set *set, const struct region *r);
struct region *region_set_prev(const struct region_set *set, const struct region *r);
struct region *region_set_last(const struct region_set *set);
void region_set_insert(struct region_set *set, struct region *r);
void region_set_remove(struct region_set *set, struct region *r);
/* Moves the borders of a region, which must stay between its neighbours. The offset is the caller's. */
void region_set_resize(struct region_set *set, struct region *r, uint64_t start, uint64_t end);
/* Recomputes the holes after a change of flags. */
void region_set_touch(struct region_set *set, struct region *r);
/* The highest hole of this size inside [low, high), keeping the guard gap below growing stacks.
 * Returns its start, the hole's upper end minus size; 0 when there is none. */
uint64_t region_set_find_gap(const struct region_set *set, uint64_t size, uint64_t low, uint64_t high);

/* A copy of the region's attributes with its own counts, not in any set. Returns NULL without memory. */
struct region *region_clone(const struct region *from, struct address_space *space);
/* Releases what the region holds. Must not be in a set. */
void region_free(struct region *r);
/* Cuts the region at an address inside it. Returns the upper part, or NULL without memory. */
struct region *region_split(struct region_set *set, struct region *r, uint64_t at);
/* Makes r exactly its intersection with [start, end). Returns that region, or NULL without memory. */
struct region *region_isolate(struct region_set *set, struct region *r, uint64_t start, uint64_t end);
/* Joins equal neighbours from the one before start to the one after end. */
void region_merge_range(struct region_set *set, uint64_t start, uint64_t end);
/* True when the two differ in nothing but their place, and b follows a. */
bool region_can_merge(const struct region *a, const struct region *b);
