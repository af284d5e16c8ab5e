/* SPDX-License-Identifier: ISC */
/* The 4-level table. A slot of an inner node is the host address of the node below, or 0. Nodes appear by one release
 * store, so a reader without a lock sees them whole. */
#include "mmu/page_table.h"

#include "base/bits.h"

#define LEVELS 4
#define FANOUT 512u

/* Bytes of address that one slot of a node at this level covers; level 0 is the leaf. */
static uint64_t slot_span(int level) {
    return (uint64_t)GUEST_PAGE_SIZE << (9 * level);
}

static unsigned slot_index(uint64_t gva, int level) {
    return (unsigned)(gva >> (12 + 9 * level)) & (FANOUT - 1);
}

static pte_slot *node_at(const pte_slot *slot) {
    return (pte_slot *)(uintptr_t)atomic_load_explicit(slot, memory_order_acquire);
}

pte_slot *page_table_find(const struct page_table *table, uint64_t gva) {
    pte_slot *node = node_at(&table->root);
    for (int level = LEVELS - 1; node && level > 0; level--) node = node_at(&node[slot_index(gva, level)]);
    return node ? &node[slot_index(gva, 0)] : NULL;
}

static pte_slot *node_make(struct page_table *table, pte_slot *slot) {
    pte_slot *node = node_at(slot);
    if (node) return node;
    node = frame_new(table->pool, true);
    if (node) atomic_store_explicit(slot, (uintptr_t)node, memory_order_release);
    return node;
}

pte_slot *page_table_make(struct page_table *table, uint64_t gva) {
    pte_slot *node = node_make(table, &table->root);
    for (int level = LEVELS - 1; node && level > 0; level--) node = node_make(table, &node[slot_index(gva, level)]);
    return node ? &node[slot_index(gva, 0)] : NULL;
}

/* Searches one node; *gva moves past what was seen to be empty. */
static pte_slot *next_in_node(pte_slot *node, int level, uint64_t *gva, uint64_t end) {
    for (unsigned i = slot_index(*gva, level); i < FANOUT && *gva < end; i++) {
        if (atomic_load_explicit(&node[i], memory_order_relaxed)) {
            if (level == 0) return &node[i];
            pte_slot *found = next_in_node(node_at(&node[i]), level - 1, gva, end);
            if (found || *gva >= end) return found;
            continue; /* the search below left *gva at the start of the next slot */
        }
        *gva = align_down(*gva, slot_span(level)) + slot_span(level);
    }
    return NULL;
}

pte_slot *page_table_next(const struct page_table *table, uint64_t *gva, uint64_t end) {
    pte_slot *root = node_at(&table->root);
    return root && *gva < end ? next_in_node(root, LEVELS - 1, gva, end) : NULL;
}

struct release {
    void (*fn)(void *arg, void *node);
    void *arg;
};

static void prune_slot(pte_slot *slot, int level, uint64_t base, uint64_t start, uint64_t end,
                       const struct release *release) {
    pte_slot *node = node_at(slot);
    if (!node) return;
    const bool whole = start <= base && base + slot_span(level + 1) <= end;
    if (level > 0) {
        const uint64_t span = slot_span(level);
        unsigned first = start > base ? (unsigned)((start - base) / span) : 0;
        for (unsigned i = first; i < FANOUT && base + i * span < end; i++) {
            prune_slot(&node[i], level - 1, base + i * span, start, end, release);
        }
    }
    if (!whole) return;
    atomic_store_explicit(slot, 0, memory_order_release);
    release->fn(release->arg, node);
}

void page_table_prune(struct page_table *table, uint64_t start, uint64_t end, void (*release)(void *arg, void *node),
                      void *arg) {
    const struct release how = {release, arg};
    prune_slot(&table->root, LEVELS - 1, 0, start, end, &how);
}
