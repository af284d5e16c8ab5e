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
    _Atomic bool is_watched;       /* atomic: changed with the backing's lock if it has one, else the space's */
    uint64_t n_watches;            /* guarded by space->lock: times that a watch was set */
    uint64_t n_settled;            /* guarded by space->lock: the last of them known to be good */
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
        tlb_kick(CONTAINER_OF(node, struct tlb, node), KICK_CODE);
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
    if (watch) atomic_store(&entry->is_watched, true);
    host_mutex_unlock(&backing->lock);
    entry->backing = backing;
    return watch != NULL;
}

/* True when writes to the page reach other spaces too: it is not a private copy. */
static bool is_of_object(const struct region *r, uint64_t pte) {
    return r->object && (!(pte & PTE_FRAME) || (pte & PTE_SHARED));
}

/* Watches the page. pte is its entry. Returns false without memory. */
static bool watch_page(struct address_space *space, struct code_entry *entry, uint64_t pte) {
    const uint64_t gva = entry->page.gva;
    const struct region *r = region_set_find(&space->regions, gva);
    if (is_of_object(r, pte)) {
        if (!watch_backing(r->object->backing, region_offset(r, gva), entry)) return false;
    } else {
        atomic_store(&entry->is_watched, true);
    }
    if (!(pte & PTE_SHARED)) {
        atomic_store(page_table_find(&space->table, gva), (pte & ~(uint64_t)PTE_WRITE) | PTE_WATCH);
    }
    /* Nobody can have written to a private page without PTE_WRITE: the watch is good at once. */
    if (++entry->n_watches && !is_of_object(r, pte) && !(pte & PTE_WRITE)) entry->n_settled = entry->n_watches;
    return true;
}

/* What has to be waited for until a watch is good. */
struct settling {
    struct code_entry *entry; /* NULL: no memory, or the page is not executable */
    uint64_t n_watches, stamp;
    uint32_t version;
    bool is_settled;
    struct space_list others;
};

static void watch_locked(struct address_space *space, uint64_t gva, struct settling *s) {
    uint64_t pte;
    if (space_fault_locked(space, gva, MEM_EXEC, &pte) != MEM_OK) return;
    struct code_entry *entry = entry_make(space, gva);
    if (entry) s->version = atomic_load(&entry->page.version); /* before is_watched: a bump clears that first */
    if (!entry || (!atomic_load(&entry->is_watched) && !watch_page(space, entry, pte))) return;
    s->n_watches = entry->n_watches;
    s->is_settled = entry->n_watches == entry->n_settled;
    if (!s->is_settled) {
        if (entry->backing && !space_list_of_backing(&s->others, entry->backing, space, true)) return;
        s->stamp = epoch_step(space);
    }
    s->entry = entry;
}

/* Waits until nobody writes past the watch: neither by TLB nor by a copy of the kernel's that began before. */
static void settle(struct address_space *space, struct settling *s) {
    for (size_t i = 0; i < s->others.n; i++) {
        struct address_space *other = s->others.space[i];
        host_mutex_lock(&other->lock);
        const uint64_t stamp = epoch_step(other);
        host_mutex_unlock(&other->lock);
        epoch_wait(other, stamp);
    }
    epoch_wait(space, s->stamp);
    host_mutex_lock(&space->lock);
    if (s->entry->n_settled < s->n_watches) s->entry->n_settled = s->n_watches;
    host_mutex_unlock(&space->lock);
}

struct code_page *tlb_code_page(struct tlb *tlb, uint64_t gva, uint32_t *version) {
    struct address_space *space = tlb->space;
    struct settling s = {0};
    tlb_leave(tlb);
    host_mutex_lock(&space->lock);
    watch_locked(space, align_down(gva, GUEST_PAGE_SIZE), &s);
    host_mutex_unlock(&space->lock);
    if (s.entry && !s.is_settled) settle(space, &s);
    space_list_fini(&s.others);
    tlb_enter(tlb);
    *version = s.version;
    return s.entry ? &s.entry->page : NULL;
}

void code_pages_free(struct address_space *space) {
    struct code_entry *entry, *next;
    HASH_ITER(hh, space->code, entry, next) {
        HASH_DEL(space->code, entry);
        unwatch_backing(entry);
        free(entry);
    }
}
