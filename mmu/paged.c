/* SPDX-License-Identifier: ISC */
/* The paged back end: pages are frames or views of files, entered in the page table; TLBs reach them. What is taken away goes to limbo
 * until no TLB can hold it, so nobody is ever stopped. */
#include "mmu/paged.h"

#include "base/error.h"

static void nothing(struct address_space *space) {
}

static int place(struct address_space *space, const struct region *r, uint64_t start, uint64_t end) {
    return 0;
}

static void zap(struct address_space *space, uint64_t start, uint64_t end) {
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
static void dropped(struct address_space *space, uint64_t start, uint64_t end) {
    const uint64_t leaf = 512 * GUEST_PAGE_SIZE;
    const struct region *above = region_set_find(&space->regions, start);
    const struct region *below = above ? region_set_prev(&space->regions, above) : region_set_last(&space->regions);
    const uint64_t low = below ? below->end : 0, high = above ? above->start : 1ull << 48;
    const uint64_t first = align_down(start, leaf) >= low ? align_down(start, leaf) : align_up(start, leaf);
    const uint64_t last = align_up(end, leaf) <= high ? align_up(end, leaf) : align_down(end, leaf);
    if (first < last) page_table_prune(&space->table, first, last, node_to_limbo, space);
}

static int drop(struct address_space *space, uint64_t start, uint64_t end) {
    zap(space, start, end);
    return 0;
}

static void discard(struct address_space *space, const struct region *r, uint64_t start, uint64_t end, bool lazily) {
    zap(space, start, end);
}

static void advise(struct address_space *space, const struct region *r, int advice) {
}

/* A private region's page that is still the object's own. */
static bool is_objects_page(const struct region *r, uint64_t pte) {
    return (r->flags & REGION_SHARED) || !(pte & PTE_FRAME);
}

static void zap_objects(struct address_space *space, const struct region *r, uint64_t start, uint64_t end, bool copies) {
    if (copies) {
        zap(space, start, end);
        return;
    }
    pte_slot *slot;
    for (uint64_t at = start; (slot = page_table_next(&space->table, &at, end)); at += GUEST_PAGE_SIZE) {
        if (is_objects_page(r, atomic_load_explicit(slot, memory_order_relaxed))) {
            zap(space, at, at + GUEST_PAGE_SIZE);
        }
    }
}

static bool may_write_now(const struct region *r, int prot, uint64_t pte) {
    if (!(prot & SPACE_WRITE)) return false;
    if (r->flags & REGION_SHARED) return true;
    return (pte & PTE_FRAME) && frame_is_sole(pte_page(pte));
}

/* Gives present pages the new rights. Code taken from executable pages is told off. */
static int protect(struct address_space *space, const struct region *r, int prot) {
    pte_slot *slot;
    for (uint64_t at = r->start; (slot = page_table_next(&space->table, &at, r->end)); at += GUEST_PAGE_SIZE) {
        const uint64_t old = atomic_load_explicit(slot, memory_order_relaxed);
        if (old & PTE_EXEC) code_page_bump_locked(space, at);
        uint64_t pte = old & ~(uint64_t)(PTE_READ | PTE_WRITE | PTE_EXEC | PTE_WATCH);
        if (prot) pte |= PTE_READ;
        if (prot & SPACE_EXEC) pte |= PTE_EXEC;
        if (may_write_now(r, prot, pte)) pte |= PTE_WRITE;
        atomic_store_explicit(slot, pte, memory_order_release);
        if (old & ~pte & (PTE_READ | PTE_WRITE | PTE_EXEC)) limbo_mark(&space->limbo);
    }
    return 0;
}

static void move_pages(struct address_space *space, uint64_t from, uint64_t to, uint64_t size) {
    pte_slot *slot;
    for (uint64_t at = from; (slot = page_table_next(&space->table, &at, from + size)); at += GUEST_PAGE_SIZE) {
        pte_slot *target = page_table_find(&space->table, to + (at - from));
        uint64_t pte = atomic_exchange_explicit(slot, 0, memory_order_relaxed);
        if (pte & PTE_EXEC) code_page_bump_locked(space, at);
        atomic_store_explicit(target, pte & ~(uint64_t)PTE_WATCH, memory_order_release);
        limbo_mark(&space->limbo);
    }
}

/* Makes the nodes that move_pages will need, so that it cannot fail half way. */
static bool make_nodes(struct address_space *space, uint64_t from, uint64_t to, uint64_t size) {
    for (uint64_t at = from; page_table_next(&space->table, &at, from + size); at += GUEST_PAGE_SIZE) {
        if (!page_table_make(&space->table, to + (at - from))) return false;
    }
    return true;
}

static int move(struct address_space *space, const struct region *moved, uint64_t from, uint64_t size) {
    if (!make_nodes(space, from, moved->start, size)) return -ENOMEM;
    epoch_settle(space, EPOCH_ALL_PAGES); /* nobody holds what was at the new place before */
    move_pages(space, from, moved->start, size);
    return 0;
}

static enum mem_fault_kind populate(struct address_space *space, struct region *r, uint64_t start, uint64_t end, int access) {
    uint64_t pte;
    for (uint64_t at = start; at < end; at += GUEST_PAGE_SIZE) {
        const enum mem_fault_kind kind = paged_fault(space, r, at, access, &pte);
        if (kind != MEM_OK) return kind;
    }
    return MEM_OK;
}

static uint64_t count_resident(const struct address_space *space, const struct region *r) {
    uint64_t n = 0;
    for (uint64_t at = r->start; page_table_next(&space->table, &at, r->end); at += GUEST_PAGE_SIZE) n++;
    return n;
}

static void add_resident(const struct address_space *space, struct space_usage *out) {
    LIST_FOR_EACH(node, &space->regions.list) {
        const struct region *r = CONTAINER_OF(node, struct region, node);
        const uint64_t bytes = count_resident(space, r) * GUEST_PAGE_SIZE;
        out->resident += bytes;
        if (r->object) out->shared += bytes;
    }
}

static bool page_is_resident(const struct address_space *space, const struct region *r, uint64_t gva) {
    const pte_slot *slot = page_table_find(&space->table, gva);
    if (slot && atomic_load_explicit(slot, memory_order_relaxed)) return true;
    return r->object && backing_has_page(r->object->backing, region_offset(r, gva));
}

static void resident(const struct address_space *space, const struct region *r, uint64_t start, uint64_t end, uint8_t *out) {
    for (uint64_t at = start; at < end; at += GUEST_PAGE_SIZE) *out++ = page_is_resident(space, r, at);
}

static size_t private_pages(struct address_space *space, uint64_t *at, uint64_t end, struct space_range *out, size_t n) {
    size_t found = 0;
    const pte_slot *slot;
    while ((slot = page_table_next(&space->table, at, end)) != NULL) {
        const bool is_frame = (atomic_load_explicit(slot, memory_order_relaxed) & PTE_FRAME) != 0;
        if (is_frame && found && out[found - 1].end == *at) {
            out[found - 1].end += GUEST_PAGE_SIZE;
        } else if (is_frame) {
            if (found == n) return found;
            out[found++] = (struct space_range){*at, *at + GUEST_PAGE_SIZE};
        }
        *at += GUEST_PAGE_SIZE;
    }
    *at = end;
    return found;
}

static void free_node(void *arg, void *node) {
    frame_put(node);
}

static void free_pages(struct address_space *space) {
    pte_slot *slot;
    for (uint64_t at = 0; (slot = page_table_next(&space->table, &at, SPACE_END)); at += GUEST_PAGE_SIZE) {
        const uint64_t pte = atomic_load_explicit(slot, memory_order_relaxed);
        if (pte & PTE_FRAME) frame_put(pte_page(pte));
    }
    page_table_prune(&space->table, 0, 1ull << 48, free_node, NULL);
}

const struct back_end back_end_paged = {
    .stop = nothing, .resume = nothing, .place = place, .drop = drop, .dropped = dropped, .discard = discard,
    .protect = protect, .move = move, .advise = advise, .zap = zap_objects, .fault = paged_fault, .populate = populate,
    .add_resident = add_resident, .resident = resident, .private_pages = private_pages, .copy = paged_copy, .word = paged_word,
    .copy_string = paged_copy_string, .watch = paged_watch, .guard = paged_guard, .fork = paged_fork, .free = free_pages,
};
