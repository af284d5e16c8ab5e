/* SPDX-License-Identifier: ISC */
/* Watching a page of a paged space for changes of code. A new watch is good only when no TLB holds an older write entry: the caller
 * waits for one step of the epoch. */
#include "mmu/code_page.h"
#include "mmu/paged.h"

/* True when writes to the page reach other spaces too: it is not a private copy. */
static bool is_of_object(const struct region *r, uint64_t pte) {
    return r->object && (!(pte & PTE_FRAME) || (pte & PTE_SHARED));
}

/* Watches the page. pte is its entry. Returns false without memory. */
static bool watch_page(struct address_space *space, struct code_entry *entry, uint64_t pte) {
    const uint64_t gva = entry->page.gva;
    const struct region *r = region_set_find(&space->regions, gva);
    if (is_of_object(r, pte)) {
        if (!code_watch_backing(r->object->backing, region_offset(r, gva), entry)) return false;
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
    bool is_settled, failed;
    struct space_list others;
    struct backing *backing; /* of the others, as the page's region keeps it; offset in it */
    uint64_t offset;
};

static void watch_locked(struct address_space *space, uint64_t gva, struct settling *s) {
    uint64_t pte;
    if (space_fault_locked(space, gva, MEM_EXEC, &pte) != MEM_OK) return;
    struct code_entry *entry = code_entry_make(space, gva);
    if (entry) s->version = atomic_load(&entry->page.version); /* before is_watched: a bump clears that first */
    if (!entry || (!atomic_load(&entry->is_watched) && !watch_page(space, entry, pte))) return;
    s->n_watches = entry->n_watches;
    s->is_settled = entry->n_watches == entry->n_settled;
    if (!s->is_settled) {
        if (entry->backing && !space_list_of_backing(&s->others, entry->backing, space, true)) return;
        s->backing = entry->backing;
        s->offset = s->backing ? region_offset(region_set_find(&space->regions, gva), gva) : 0;
        s->stamp = epoch_step(space);
    }
    s->entry = entry;
}

/* Waits until nobody writes past the watch: neither by TLB nor by a copy of the kernel's that began before. */
static void settle(struct address_space *space, struct settling *s) {
    for (size_t i = 0; i < s->others.n; i++) {
        struct address_space *other = s->others.space[i];
        if (!other->back->guard(other, s->backing, s->offset)) s->failed = true;
    }
    epoch_wait(space, s->stamp);
    host_mutex_lock(&space->lock);
    if (s->entry->n_settled < s->n_watches) s->entry->n_settled = s->n_watches;
    host_mutex_unlock(&space->lock);
}

bool paged_guard(struct address_space *space, struct backing *backing, uint64_t offset) {
    host_mutex_lock(&space->lock);
    const uint64_t stamp = epoch_step(space);
    host_mutex_unlock(&space->lock);
    epoch_wait(space, stamp);
    return true;
}

struct code_page *paged_watch(struct address_space *space, uint64_t gva, uint32_t *version) {
    struct settling s = {0};
    host_mutex_lock(&space->lock);
    watch_locked(space, gva, &s);
    host_mutex_unlock(&space->lock);
    if (s.entry && !s.is_settled) settle(space, &s);
    space_list_fini(&s.others);
    *version = s.version;
    return s.entry && !s.failed ? &s.entry->page : NULL;
}
