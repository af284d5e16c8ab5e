/* SPDX-License-Identifier: ISC */
/* Telling engines that code changed. A page that code was taken from is watched until its next change:
 *  - a private page by PTE_WATCH in its entry, which goes with PTE_WRITE unset;
 *  - a page of an object by the object's list, because it may be written through any mapping in any space. Entries of
 *    shared mappings are PTE_SHARED, so no TLB gets a write entry for them without asking backing_bump.
 * A new watch is good only when no TLB holds an older write entry: the caller waits for one step of the epoch. */
#include "mmu/code_page.h"

#include "host/clock.h"
#include "mmu/gate.h"

#include <stdlib.h>

/* A page that is written more than UNSTABLE_BUMPS times, one in FORGET_NS not counted, rests; twice as long if it was written
 * again soon after the last rest. */
enum { UNSTABLE_BUMPS = 8, FORGET_NS = 250 * 1000, REST_MIN_NS = 2 * 1000 * 1000, REST_MAX_NS = 64 * 1000 * 1000 };

struct code_watch {
    uint64_t offset;
    struct list entries;
    UT_hash_handle hh;
};

struct code_entry *code_entry_find(struct address_space *space, uint64_t gva) {
    struct code_entry *found = NULL;
    if (space->code) HASH_FIND(hh, space->code, &gva, sizeof gva, found);
    return found;
}

struct code_entry *code_entry_make(struct address_space *space, uint64_t gva) {
    struct code_entry *entry = code_entry_find(space, gva);
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

/* Returns when no thread runs the old code: in translated code, or (others look at each block) past its next safe point. */
static void settle_code(struct address_space *space) {
    atomic_fetch_add(&space->code_changes, 1);
    kick_code(space);
    gate_wait_for_native(space);
}

static void count_bump(struct code_entry *entry) {
    atomic_store(&entry->is_watched, false);
    atomic_fetch_add(&entry->page.version, 1);
}

static void count_write(struct code_page *page) {
    const int64_t now = host_clock_monotonic_ns();
    const int64_t forgotten = (now - atomic_exchange(&page->bumped_ns, now)) / FORGET_NS;
    const uint32_t n = atomic_load(&page->n_bumps), rest = forgotten < n ? n - (uint32_t)forgotten : 0;
    atomic_store(&page->n_bumps, rest + 1);
    if (rest + 1 >= UNSTABLE_BUMPS) atomic_store(&page->unstable, true);
}

/* By a write. In a window, where each guard costs calls of the host, a page that is written again and again becomes unstable. */
static void bump(struct code_entry *entry) {
    if (entry->space->back == &back_end_window) count_write(&entry->page);
    count_bump(entry);
    settle_code(entry->space);
}

bool code_page_rests_locked(struct code_entry *entry) {
    struct code_page *page = &entry->page;
    if (!atomic_load(&page->unstable)) return false;
    const int64_t now = host_clock_monotonic_ns(), since = atomic_load(&page->bumped_ns);
    const bool again = since - page->stable_ns < 8 * page->rest_ns;
    const int64_t longer = page->rest_ns < REST_MAX_NS ? page->rest_ns * 2 : page->rest_ns;
    const int64_t rest = again ? longer : REST_MIN_NS;
    if (now - since < rest) return true;
    page->rest_ns = rest;
    page->stable_ns = now;
    atomic_store(&entry->is_watched, false);
    atomic_store(&page->unstable, false);
    return false;
}

static void watch_remove_locked(struct backing *backing, struct code_entry *entry) {
    struct code_watch *watch = entry->watch;
    if (!watch) return;
    list_remove(&entry->node);
    entry->watch = NULL;
    if (!list_empty(&watch->entries)) return;
    HASH_DEL(backing->watches, watch);
    atomic_fetch_sub(&backing->n_watches, 1);
    atomic_fetch_sub(backing_slot(backing->pool, backing->id.dev, backing->id.ino), 1);
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
    struct code_entry *entry = code_entry_find(space, gva);
    if (!entry) return;
    const bool was_watched = atomic_load(&entry->is_watched);
    unwatch_backing(entry);
    if (was_watched) bump(entry);
}

void code_pages_each(struct address_space *space, uint64_t start, uint64_t end, void (*fn)(struct code_entry *entry)) {
    struct code_entry *entry, *next;
    if (!space->code) return;
    if ((end - start) / GUEST_PAGE_SIZE < HASH_COUNT(space->code)) {
        for (uint64_t at = start; at < end; at += GUEST_PAGE_SIZE) {
            entry = code_entry_find(space, at);
            if (entry) fn(entry);
        }
        return;
    }
    HASH_ITER(hh, space->code, entry, next) {
        if (entry->page.gva >= start && entry->page.gva < end) fn(entry);
    }
}

static void bump_if_watched(struct code_entry *entry) {
    const bool was_watched = atomic_load(&entry->is_watched);
    unwatch_backing(entry);
    if (!was_watched) return;
    count_bump(entry);
    entry->space->code_changed = true;
}

void code_pages_bump_locked(struct address_space *space, uint64_t start, uint64_t end) {
    space->code_changed = false;
    code_pages_each(space, start, end, bump_if_watched);
    if (space->code_changed) settle_code(space);
}

/* Frees the watch. */
static void bump_watch_locked(struct backing *backing, struct code_watch *watch) {
    for (bool is_last = false; !is_last;) {
        struct code_entry *entry = CONTAINER_OF(watch->entries.next, struct code_entry, node);
        is_last = watch->entries.next->next == &watch->entries;
        watch_remove_locked(backing, entry);
        bump(entry);
    }
}

void backing_bump(struct backing *backing, uint64_t offset) {
    if (atomic_load(&backing->n_watches) == 0) return;
    struct code_watch *watch = NULL;
    host_mutex_lock(&backing->lock);
    HASH_FIND(hh, backing->watches, &offset, sizeof offset, watch);
    if (watch) bump_watch_locked(backing, watch);
    host_mutex_unlock(&backing->lock);
}

void backing_bump_range(struct backing *backing, uint64_t start, uint64_t end) {
    struct code_watch *watch, *next;
    if (atomic_load(&backing->n_watches) == 0) return;
    host_mutex_lock(&backing->lock);
    HASH_ITER(hh, backing->watches, watch, next) {
        if (watch->offset < end && watch->offset + GUEST_PAGE_SIZE > start) bump_watch_locked(backing, watch);
    }
    host_mutex_unlock(&backing->lock);
}

bool code_watch_backing(struct backing *backing, uint64_t offset, struct code_entry *entry) {
    struct code_watch *watch = NULL;
    host_mutex_lock(&backing->lock);
    HASH_FIND(hh, backing->watches, &offset, sizeof offset, watch);
    if (!watch && (watch = calloc(1, sizeof *watch))) {
        watch->offset = offset;
        list_init(&watch->entries);
        HASH_ADD(hh, backing->watches, offset, sizeof watch->offset, watch);
        atomic_fetch_add(&backing->n_watches, 1);
        atomic_fetch_add(backing_slot(backing->pool, backing->id.dev, backing->id.ino), 1);
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

struct code_page *tlb_code_page(struct tlb *tlb, uint64_t gva, uint32_t *version) {
    struct address_space *space = tlb->space;
    tlb_leave(tlb);
    struct code_page *page = space->back->watch(space, align_down(gva, GUEST_PAGE_SIZE), version);
    tlb_enter(tlb);
    return page;
}

void code_pages_free(struct address_space *space) {
    struct code_entry *entry, *next;
    HASH_ITER(hh, space->code, entry, next) {
        HASH_DEL(space->code, entry);
        unwatch_backing(entry);
        free(entry);
    }
}
