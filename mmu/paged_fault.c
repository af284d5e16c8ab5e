/* SPDX-License-Identifier: ISC */
/* Page faults of a paged space: brings the page in, copies on write. Callers hold the space's lock.
 * A private page is written only while its frame has one count; everything else is copied first. */
#include "mmu/paged.h"

#include <string.h>

static uint64_t rights_of(const struct region *r) {
    return (r->prot ? PTE_READ : 0) | (r->prot & SPACE_WRITE ? PTE_WRITE : 0) | (r->prot & SPACE_EXEC ? PTE_EXEC : 0);
}

/* Guests race on their own memory; that is no bug of ours. */
__attribute__((no_sanitize("thread"))) static void copy_page(void *to, const void *from) {
    memcpy(to, from, GUEST_PAGE_SIZE);
}

static enum mem_fault_kind load_shared(struct region *r, uint64_t gva, pte_slot *slot) {
    uint64_t pte;
    const enum mem_fault_kind kind =
        backing_page(r->object->backing, region_offset(r, gva), r->object->writable, &pte);
    if (kind == MEM_OK) atomic_store_explicit(slot, pte | rights_of(r) | PTE_SHARED, memory_order_release);
    return kind;
}

static enum mem_fault_kind load_anonymous(struct address_space *space, struct region *r, pte_slot *slot) {
    void *page = frame_new(space->pool, true);
    if (!page) return MEM_FAULT_NO_MEMORY;
    atomic_store_explicit(slot, (uintptr_t)page | PTE_FRAME | rights_of(r), memory_order_release);
    return MEM_OK;
}

/* A private copy of an object's page. Regions that may be written get it at once: a page of the object put there first
 * would have to be taken back from every TLB at the first write. */
static enum mem_fault_kind load_private(struct address_space *space, struct region *r, uint64_t gva, pte_slot *slot,
                                        bool write) {
    uint64_t source;
    const enum mem_fault_kind kind = backing_page(r->object->backing, region_offset(r, gva), false, &source);
    if (kind != MEM_OK) return kind;
    if (!write && !(r->prot & SPACE_WRITE)) {
        atomic_store_explicit(slot, source | rights_of(r), memory_order_release);
        return MEM_OK;
    }
    void *page = frame_new(space->pool, false);
    if (page) copy_page(page, pte_page(source));
    if (source & PTE_FRAME) frame_put(pte_page(source));
    if (!page) return MEM_FAULT_NO_MEMORY;
    atomic_store_explicit(slot, (uintptr_t)page | PTE_FRAME | rights_of(r), memory_order_release);
    return MEM_OK;
}

static enum mem_fault_kind load_page(struct address_space *space, struct region *r, uint64_t gva, pte_slot *slot,
                                     bool write) {
    epoch_settle(space, gva); /* somebody may still hold what was here before */
    if (!r->object) return load_anonymous(space, r, slot);
    return r->flags & REGION_SHARED ? load_shared(r, gva, slot) : load_private(space, r, gva, slot, write);
}

/* While a fork waits for our TLBs, an instruction that has its host address may still write to the frame that we share
 * with the child. So it is the child that gets the copy, and the frame stays ours. */
static void give_child_a_copy(struct address_space *space, uint64_t gva, void *page) {
    if (!space->fork_child) return;
    pte_slot *slot = page_table_find(&space->fork_child->table, gva);
    const uint64_t theirs = slot ? atomic_load_explicit(slot, memory_order_relaxed) : 0;
    if (!theirs || pte_page(theirs) != page) return;
    void *copy = frame_new(space->pool, false);
    if (!copy) return;
    copy_page(copy, page);
    atomic_store_explicit(slot, (uintptr_t)copy | (theirs & PTE_BITS), memory_order_release);
    frame_put(page);
}

/* Replaces the entry by a copy of its page, which appears only when all others have stopped reading the old one. */
static enum mem_fault_kind copy_on_write(struct address_space *space, uint64_t gva, pte_slot *slot, uint64_t rights) {
    void *page = frame_new(space->pool, false);
    if (!page) return MEM_FAULT_NO_MEMORY;
    const uint64_t old = atomic_exchange(slot, 0);
    copy_page(page, pte_page(old));
    if (old & PTE_FRAME) limbo_add_frame(space, pte_page(old));
    else limbo_mark(&space->limbo);
    limbo_commit(space);
    epoch_settle(space, gva);
    atomic_store(slot, (uintptr_t)page | PTE_FRAME | rights);
    return MEM_OK;
}

/* gva: of the page. */
static enum mem_fault_kind make_private(struct address_space *space, struct region *r, uint64_t gva, pte_slot *slot) {
    const uint64_t pte = atomic_load_explicit(slot, memory_order_relaxed);
    if (pte & PTE_WRITE) return MEM_OK;
    if (pte & PTE_WATCH) code_page_bump_locked(space, gva);
    if ((pte & PTE_FRAME) && !frame_is_sole(pte_page(pte))) give_child_a_copy(space, gva, pte_page(pte));
    if (!(pte & PTE_FRAME) || !frame_is_sole(pte_page(pte))) return copy_on_write(space, gva, slot, rights_of(r));
    atomic_store_explicit(slot, (uintptr_t)pte_page(pte) | PTE_FRAME | rights_of(r), memory_order_release);
    return MEM_OK;
}

enum mem_fault_kind paged_fault(struct address_space *space, struct region *r, uint64_t gva, int access, uint64_t *pte) {
    const bool write = (access & MEM_WRITE) != 0;
    limbo_reclaim(space);
    /* What is written here must not be older in the child than what others still write to frames that it shares. */
    if (space->fork_child) epoch_settle(space, EPOCH_ALL_PAGES);
    pte_slot *slot = page_table_make(&space->table, gva);
    if (!slot) return MEM_FAULT_NO_MEMORY;
    enum mem_fault_kind kind = MEM_OK;
    if (!atomic_load_explicit(slot, memory_order_relaxed)) kind = load_page(space, r, gva, slot, write);
    if (kind == MEM_OK && write) {
        if (r->flags & REGION_SHARED) backing_bump(r->object->backing, region_offset(r, gva));
        else kind = make_private(space, r, gva, slot);
    }
    *pte = atomic_load_explicit(slot, memory_order_relaxed);
    return kind;
}
