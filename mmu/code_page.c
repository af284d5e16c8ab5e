/* SPDX-License-Identifier: ISC */
/* Telling engines that code changed. A page that code was taken from is watched until its next change:
 *  - a private page by PTE_WATCH in its entry, which goes with PTE_WRITE unset;
 *  - a page of an object by the object's list, because it may be written through any mapping in any space. Entries of
 *    shared mappings are PTE_SHARED, so no TLB gets a write entry for them without asking backing_bump.
 * A new watch is good only when no TLB holds an older write entry: the caller waits for one step of the epoch. */
#include "mmu/space_internal.h"

#include <stdlib.h>

struct code_entry {
    struct code_page page;         /* first: what engines hold */
    struct address_space *space;   /* borrowed: owns the entry */
    _Atomic bool is_watched;       /* atomic: set with the space's lock, cleared with it or the backing's */
    uint64_t settled;              /* guarded by space->lock: the watch is good when this epoch is past */
    struct code_watch *watch;      /* guarded by the backing's lock: NULL = not in its list */
    struct backing *backing;       /* guarded by space->lock: of the watch; borrowed while a region maps it */
    struct list node;              /* guarded by the backing's lock: in watch->entries */
    UT_hash_handle hh;             /* guarded by space->lock */
};

struct code_watch {
    uint64_t offset;
    struct list entries;
    UT_hash_handle hh;
};

static struct code_entry *entry_find(struct address_space *space, uint64_t gva) {
    struct code_entry *found = NULL;
    if (space->code) HASH_FIND(hh, space->code, &gva, sizeof gva, found);
    return found;
}

static struct code_entry *entry_make(struct address_space *space, uint64_t gva) {
    struct code_entry *entry = entry_find(space, gva);
    if (entry) return entry;
    entry = calloc(1, sizeof *entry);
    if (!entry) return NULL;
    entry->page.gva = gva;
    entry->space = space;
    list_init(&entry->node);
    HASH_ADD(hh, space->code, page.gva, sizeof entry->page.gva, entry);
    return entry;
}

static void kick_code(struct address_space *space) {
    host_mutex_lock(&space->tlb_lock);
    LIST_FOR_EACH(node, &space->tlbs) {
        atomic_fetch_or(&CONTAINER_OF(node, struct tlb, node)->kick, KICK_CODE);
    }
    host_mutex_unlock(&space->tlb_lock);
}

static void bump(struct code_entry *entry) {
    atomic_store(&entry->is_watched, false);
    atomic_fetch_add(&entry->page.version, 1);
    kick_code(entry->space);
}

static void watch_remove_locked(struct backing *backing, struct code_entry *entry) {
    struct code_watch *watch = entry->watch;
    if (!watch) return;
    list_remove(&entry->node);
    entry->watch = NULL;
    if (!list_empty(&watch->entries)) return;
    HASH_DEL(backing->watches, watch);
    atomic_fetch_sub(&backing->n_watches, 1);
    free(watch);
}

static void unwatch_backing(struct code_entry *entry) {
    struct backing *backing = entry->backing;
    if (!backing) return;
    host_mutex_lock(&backing->lock);
    watch_remove_locked(backing, entry);
    host_mutex_unlock(&backing->lock);
    entry->backing = NULL;
}

void code_page_bump_locked(struct address_space *space, uint64_t gva) {
    struct code_entry *entry = entry_find(space, gva);
    if (!entry) return;
    const bool was_watched = atomic_load(&entry->is_watched);
    unwatch_backing(entry);
    if (was_watched) bump(entry);
}

void backing_bump(struct backing *backing, uint64_t offset) {
    if (atomic_load(&backing->n_watches) == 0) return;
    struct code_watch *watch = NULL;
    host_mutex_lock(&backing->lock);
    HASH_FIND(hh, backing->watches, &offset, sizeof offset, watch);
    while (watch) {
        struct code_entry *entry = CONTAINER_OF(watch->entries.next, struct code_entry, node);
        const bool is_last = watch->entries.next->next == &watch->entries;
        watch_remove_locked(backing, entry);
        bump(entry);
        if (is_last) break;
    }
    host_mutex_unlock(&backing->lock);
}

/* Returns false without memory. */
static bool watch_backing(struct backing *backing, uint64_t offset, struct code_entry *entry) {
    struct code_watch *watch = NULL;
    host_mutex_lock(&backing->lock);
    HASH_FIND(hh, backing->watches, &offset, sizeof offset, watch);
    if (!watch && (watch = calloc(1, sizeof *watch))) {
        watch->offset = offset;
        list_init(&watch->entries);
        HASH_ADD(hh, backing->watches, offset, sizeof watch->offset, watch);
        atomic_fetch_add(&backing->n_watches, 1);
    }
    if (watch && !entry->watch) {
        list_append(&watch->entries, &entry->node);
        entry->watch = watch;
    }
    host_mutex_unlock(&backing->lock);
    entry->backing = backing;
    return watch != NULL;
}

/* Waits until no other space writes past the watch: neither by TLB nor by a copy that began before. */
static void settle_writers(struct space_list *writers) {
    for (size_t i = 0; i < writers->n; i++) {
        struct address_space *space = writers->space[i];
        host_mutex_lock(&space->lock);
        const uint64_t stamp = epoch_step(space);
        host_mutex_unlock(&space->lock);
        epoch_wait(space, stamp);
    }
    space_list_fini(writers);
}

/* Watches the page. *pte is its entry. Returns false without memory. */
static bool watch_page(struct address_space *space, struct code_entry *entry, uint64_t pte, struct space_list *writers) {
    const uint64_t gva = entry->page.gva;
    const struct region *r = region_set_find(&space->regions, gva);
    pte_slot *slot = page_table_find(&space->table, gva);
    bool may_be_written = (pte & PTE_WRITE) != 0;
    if (r->object && (!(pte & PTE_FRAME) || (pte & PTE_SHARED))) {
        struct backing *backing = r->object->backing;
        if (!watch_backing(backing, region_offset(r, gva), entry)) return false;
        if (!space_list_of_backing(writers, backing, space, true)) return false;
        may_be_written = true;
    }
    if (!(pte & PTE_SHARED)) {
        atomic_store(slot, (pte & ~(uint64_t)PTE_WRITE) | PTE_WATCH);
    }
    atomic_store(&entry->is_watched, true);
    entry->settled = may_be_written ? epoch_step(space) : 0;
    return true;
}

/* Returns the entry with its watch set; *settled: the epoch to wait for. NULL: no memory, or not executable. */
static struct code_entry *watch_locked(struct address_space *space, uint64_t gva, uint64_t *settled,
                                       struct space_list *writers) {
    uint64_t pte;
    if (space_fault_locked(space, gva, MEM_EXEC, &pte) != MEM_OK) return NULL;
    struct code_entry *entry = entry_make(space, gva);
    if (!entry) return NULL;
    if (!atomic_load(&entry->is_watched) && !watch_page(space, entry, pte, writers)) return NULL;
    *settled = entry->settled;
    return entry;
}

struct code_page *tlb_code_page(struct tlb *tlb, uint64_t gva) {
    struct address_space *space = tlb->space;
    struct space_list writers = {0};
    uint64_t settled = 0;
    tlb_leave(tlb);
    host_mutex_lock(&space->lock);
    struct code_entry *entry = watch_locked(space, align_down(gva, GUEST_PAGE_SIZE), &settled, &writers);
    host_mutex_unlock(&space->lock);
    settle_writers(&writers);
    if (settled) epoch_wait(space, settled);
    tlb_enter(tlb);
    return entry ? &entry->page : NULL;
}

void code_pages_free(struct address_space *space) {
    struct code_entry *entry, *next;
    HASH_ITER(hh, space->code, entry, next) {
        HASH_DEL(space->code, entry);
        unwatch_backing(entry);
        free(entry);
    }
}
