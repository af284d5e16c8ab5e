/* SPDX-License-Identifier: ISC */
/* Watching a page of a window for changes of code. A page that may be written is guarded: first nobody may hold a write entry for it
 * (the gate), then the host takes the right away. A page of an object is guarded in every space that may write to it. */
#include "mmu/code_page.h"
#include "mmu/window.h"

static void forget_guard(struct code_entry *entry) {
    entry->space->code_changed |= entry->is_guarded;
    entry->is_guarded = false;
}

bool window_forget_guards_locked(struct address_space *space, uint64_t start, uint64_t end) {
    space->code_changed = false;
    code_pages_each(space, start, end, forget_guard);
    return space->code_changed;
}

static void lift_guard(struct code_entry *entry) {
    struct address_space *space = entry->space;
    const uint64_t gva = entry->page.gva;
    const struct region *r = region_set_find(&space->regions, gva);
    if (entry->is_guarded) host_memory_protect(window_host(space, gva), GUEST_PAGE_SIZE, window_prot(r->prot));
    entry->is_guarded = false;
}

void window_unguard_locked(struct address_space *space, uint64_t start, uint64_t end) {
    code_pages_each(space, start, end, lift_guard);
}

static bool guard_locked(struct address_space *space, uint64_t gva) {
    struct code_entry *entry = code_entry_make(space, gva);
    if (!entry) return false;
    if (entry->is_guarded) return true;
    if (host_memory_protect(window_host(space, gva), GUEST_PAGE_SIZE, HOST_PROT_READ)) return false;
    entry->is_guarded = true;
    return true;
}

/* Guards the page of the object in one region, if it can be written there and the writes reach the object. */
static bool guard_region_locked(struct address_space *space, const struct region *r, const struct backing *backing, uint64_t offset) {
    if (!r->object || r->object->backing != backing) return true;
    if (!(r->flags & REGION_SHARED) || !(r->prot & SPACE_WRITE)) return true;
    if (offset < r->offset || offset - r->offset >= region_size(r)) return true;
    return guard_locked(space, r->start + (offset - r->offset));
}

bool window_guard(struct address_space *space, struct backing *backing, uint64_t offset) {
    bool ok = true;
    space_begin_change(space);
    LIST_FOR_EACH(node, &space->regions.list) {
        ok = ok && guard_region_locked(space, CONTAINER_OF(node, struct region, node), backing, offset);
    }
    space_end_change(space);
    return ok;
}

/* What is still to be done for a watch. */
struct watching {
    struct code_entry *entry;   /* NULL: no memory, or the page is not executable */
    uint32_t version;
    uint64_t n_watches;
    bool must_guard;            /* the page itself may be written privately */
    struct mem_object *object;  /* counted: the page is this one's, to be guarded everywhere; NULL: nobody else's */
    uint64_t offset;
};

/* Until it is guarded everywhere the watch is not good, for others who ask neither. */
static void watch_object_locked(struct code_entry *entry, const struct region *r, struct watching *w) {
    w->offset = region_offset(r, entry->page.gva);
    if (!atomic_load(&entry->is_watched)) {
        if (!code_watch_backing(r->object->backing, w->offset, entry)) {
            w->entry = NULL;
            return;
        }
        entry->n_watches++;
    }
    w->n_watches = entry->n_watches;
    w->object = mem_object_get(r->object);
}

static bool is_watched(const struct code_entry *entry) {
    return atomic_load(&entry->is_watched) && entry->n_settled == entry->n_watches;
}

/* Changes of rights end a watch, so whoever finds one need not ask whether the page may be executed. */
static bool find_watch_locked(struct address_space *space, uint64_t gva, struct watching *w) {
    struct code_entry *entry = code_entry_find(space, gva);
    if (!entry || atomic_load(&entry->page.unstable)) return false;
    w->version = atomic_load(&entry->page.version); /* before is_watched: a bump clears that first */
    if (!is_watched(entry)) return false;
    w->entry = entry;
    return true;
}

/* Whether the page's file is long enough, who fetches from it asks. */
static void watch_locked(struct address_space *space, uint64_t gva, struct watching *w) {
    if (find_watch_locked(space, gva, w)) return;
    const struct region *r = region_set_find(&space->regions, gva);
    if (!r || r->start > gva || !(r->prot & SPACE_EXEC)) return;
    struct code_entry *entry = w->entry = code_entry_make(space, gva);
    if (!entry) return;
    const bool unstable = code_page_rests_locked(entry);
    w->version = unstable ? CODE_UNSTABLE : atomic_load(&entry->page.version); /* before is_watched, too */
    if (is_watched(entry)) return;
    w->must_guard = !unstable && (r->prot & SPACE_WRITE) && !(r->flags & REGION_SHARED) && !entry->is_guarded;
    if (w->must_guard) return;
    if (r->object && !unstable) {
        watch_object_locked(entry, r, w);
    } else {
        atomic_store(&entry->is_watched, true);
        entry->n_settled = ++entry->n_watches;
    }
}

/* With the gate closed nobody holds a write entry, so the guard is good at once. */
static void guard_and_watch(struct address_space *space, uint64_t gva, struct watching *w) {
    space_begin_change(space);
    const struct region *r = region_set_find(&space->regions, gva);
    if (r && r->start <= gva && (r->prot & SPACE_WRITE) && !guard_locked(space, gva)) w->entry = NULL;
    else watch_locked(space, gva, w);
    space_end_change(space);
}

static bool guard_everywhere(struct address_space *space, const struct watching *w) {
    struct backing *backing = w->object->backing;
    struct space_list users;
    bool ok = space_list_of_backing(&users, backing, NULL, true);
    for (size_t i = 0; i < users.n; i++) ok = users.space[i]->back->guard(users.space[i], backing, w->offset) && ok;
    space_list_fini(&users);
    if (!ok) return false;
    host_mutex_lock(&space->lock);
    if (w->entry->n_settled < w->n_watches) w->entry->n_settled = w->n_watches;
    host_mutex_unlock(&space->lock);
    return true;
}

struct code_page *window_watch(struct address_space *space, uint64_t gva, uint32_t *version) {
    struct watching w = {0};
    host_mutex_lock(&space->lock);
    watch_locked(space, gva, &w);
    host_mutex_unlock(&space->lock);
    if (w.entry && w.must_guard) guard_and_watch(space, gva, &w);
    if (w.object && !guard_everywhere(space, &w)) w.entry = NULL;
    mem_object_put(w.object);
    *version = w.version;
    return w.entry ? &w.entry->page : NULL;
}
