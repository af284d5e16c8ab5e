/* SPDX-License-Identifier: ISC */
/* The AVL tree of regions. Each node carries the largest hole below any region of its subtree, so that a place for a
 * mapping is found in O(log n). Callers hold the space's lock. */
#include "mmu/region.h"

#include "base/bits.h"

static int height_of(const struct region *r) {
    return r ? r->height : 0;
}

/* Where the region begins for those who look for a hole: a growing stack keeps its guard gap. */
static uint64_t low_edge(const struct region *r) {
    if (!(r->flags & REGION_GROWS_DOWN)) return r->start;
    return r->start > STACK_GUARD_GAP ? r->start - STACK_GUARD_GAP : 0;
}

struct region *region_set_next(const struct region_set *set, const struct region *r) {
    return r->node.next == &set->list ? NULL : CONTAINER_OF(r->node.next, struct region, node);
}

struct region *region_set_prev(const struct region_set *set, const struct region *r) {
    return r->node.prev == &set->list ? NULL : CONTAINER_OF(r->node.prev, struct region, node);
}

struct region *region_set_last(const struct region_set *set) {
    return list_empty(&set->list) ? NULL : CONTAINER_OF(set->list.prev, struct region, node);
}

static uint64_t gap_start(const struct region_set *set, const struct region *r) {
    const struct region *prev = region_set_prev(set, r);
    return prev ? prev->end : 0;
}

static uint64_t gap_below(const struct region_set *set, const struct region *r) {
    const uint64_t from = gap_start(set, r), to = low_edge(r);
    return to > from ? to - from : 0;
}

static void update(const struct region_set *set, struct region *r) {
    const int left = height_of(r->left), right = height_of(r->right);
    r->height = (left > right ? left : right) + 1;
    r->max_gap = gap_below(set, r);
    if (r->left && r->left->max_gap > r->max_gap) r->max_gap = r->left->max_gap;
    if (r->right && r->right->max_gap > r->max_gap) r->max_gap = r->right->max_gap;
}

static struct region *rotate_right(const struct region_set *set, struct region *r) {
    struct region *top = r->left;
    r->left = top->right;
    top->right = r;
    update(set, r);
    update(set, top);
    return top;
}

static struct region *rotate_left(const struct region_set *set, struct region *r) {
    struct region *top = r->right;
    r->right = top->left;
    top->left = r;
    update(set, r);
    update(set, top);
    return top;
}

static struct region *balance(const struct region_set *set, struct region *r) {
    const int lean = height_of(r->left) - height_of(r->right);
    if (lean > 1) {
        if (height_of(r->left->left) < height_of(r->left->right)) r->left = rotate_left(set, r->left);
        return rotate_right(set, r);
    }
    if (lean < -1) {
        if (height_of(r->right->right) < height_of(r->right->left)) r->right = rotate_right(set, r->right);
        return rotate_left(set, r);
    }
    update(set, r);
    return r;
}

static struct region *tree_insert(const struct region_set *set, struct region *at, struct region *r) {
    if (!at) {
        update(set, r);
        return r;
    }
    if (r->start < at->start) at->left = tree_insert(set, at->left, r);
    else at->right = tree_insert(set, at->right, r);
    return balance(set, at);
}

static struct region *take_first(const struct region_set *set, struct region *at, struct region **first) {
    if (!at->left) {
        *first = at;
        return at->right;
    }
    at->left = take_first(set, at->left, first);
    return balance(set, at);
}

static struct region *tree_remove(const struct region_set *set, struct region *at, const struct region *r) {
    if (r->start < at->start) {
        at->left = tree_remove(set, at->left, r);
    } else if (r->start > at->start) {
        at->right = tree_remove(set, at->right, r);
    } else if (!at->right) {
        return at->left;
    } else {
        struct region *first;
        struct region *right = take_first(set, at->right, &first);
        first->left = at->left;
        first->right = right;
        at = first;
    }
    return balance(set, at);
}

static void tree_touch(const struct region_set *set, struct region *at, uint64_t start) {
    if (start < at->start) tree_touch(set, at->left, start);
    else if (start > at->start) tree_touch(set, at->right, start);
    update(set, at);
}

void region_set_init(struct region_set *set) {
    set->root = NULL;
    set->n = 0;
    list_init(&set->list);
}

struct region *region_set_find(const struct region_set *set, uint64_t gva) {
    struct region *found = NULL;
    for (struct region *at = set->root; at;) {
        if (at->end > gva) {
            found = at;
            at = at->left;
        } else {
            at = at->right;
        }
    }
    return found;
}

struct region *region_set_overlap(const struct region_set *set, uint64_t start, uint64_t end) {
    struct region *r = region_set_find(set, start);
    return r && r->start < end ? r : NULL;
}

void region_set_touch(struct region_set *set, struct region *r) {
    tree_touch(set, set->root, r->start);
}

void region_set_insert(struct region_set *set, struct region *r) {
    struct region *next = region_set_find(set, r->start);
    list_append(next ? &next->node : &set->list, &r->node);
    r->left = r->right = NULL;
    set->root = tree_insert(set, set->root, r); /* the next region is on the path, so its hole is updated too */
    set->n++;
}

void region_set_remove(struct region_set *set, struct region *r) {
    struct region *next = region_set_next(set, r);
    set->root = tree_remove(set, set->root, r);
    list_remove(&r->node);
    set->n--;
    if (next) region_set_touch(set, next);
}

void region_set_resize(struct region_set *set, struct region *r, uint64_t start, uint64_t end) {
    r->start = start;
    r->end = end;
    region_set_touch(set, r);
    struct region *next = region_set_next(set, r);
    if (next) region_set_touch(set, next);
}

static uint64_t fit(uint64_t size, uint64_t low, uint64_t high, uint64_t from, uint64_t to) {
    if (from < low) from = low;
    if (to > high) to = high;
    return to > from && to - from >= size ? to - size : 0;
}

static uint64_t find_gap(const struct region_set *set, const struct region *at, uint64_t size, uint64_t low,
                         uint64_t high) {
    if (!at || at->max_gap < size) return 0;
    const uint64_t from = gap_start(set, at);
    uint64_t found = 0;
    if (from < high) {
        if (at->end < high) found = find_gap(set, at->right, size, low, high);
        if (!found) found = fit(size, low, high, from, low_edge(at));
    }
    if (!found && from > low) found = find_gap(set, at->left, size, low, high);
    return found;
}

uint64_t region_set_find_gap(const struct region_set *set, uint64_t size, uint64_t low, uint64_t high) {
    const struct region *last = region_set_last(set);
    const uint64_t found = fit(size, low, high, last ? last->end : 0, UINT64_MAX);
    return found ? found : find_gap(set, set->root, size, low, high);
}
