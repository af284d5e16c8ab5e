/* SPDX-License-Identifier: ISC */
/* The window back end: pages of regions are mappings of the host inside a reserved range. Takes nothing away unless the gate is closed,
 * so that no TLB holds what is taken; translated code and guarded copies fault instead. */
#include "mmu/window.h"

#include "base/error.h"
#include "mmu/code_page.h"
#include "mmu/gate.h"

#include <assert.h>

enum { ADVICE_FREE = 8, ADVICE_POPULATE_READ = 22, ADVICE_POPULATE_WRITE = 23 };

static void stop(struct address_space *space) {
    gate_close(space, GATE_INSIDE);
    atomic_fetch_add(&space->epoch, 1);
}

static void resume(struct address_space *space) {
    gate_open(space, GATE_INSIDE);
}

static int descriptor_of(const struct region *r) {
    if (!r->object) return -1;
    return backing_descriptor(r->object->backing, (r->flags & REGION_SHARED) && r->object->writable);
}

/* [start, end) of r may be written from now on: those who watch pages of the object have guarded only what could be written before. */
static void end_watches(const struct region *r, uint64_t start, uint64_t end, int prot) {
    if (!(r->flags & REGION_SHARED) || !(prot & SPACE_WRITE)) return;
    const uint64_t offset = region_offset(r, start);
    backing_bump_range(r->object->backing, offset, offset + (end - start));
}

int window_place(struct address_space *space, const struct region *r, uint64_t start, uint64_t end) {
    const int flags = (r->flags & REGION_SHARED ? HOST_PLACE_SHARED : 0) | (r->flags & REGION_NO_RESERVE ? HOST_PLACE_NO_RESERVE : 0);
    const uint64_t offset = r->object ? r->offset + (start - r->start) : 0;
    const int err = host_memory_place(window_host(space, start), end - start, window_prot(r->prot), descriptor_of(r), offset, flags);
    if (!err) end_watches(r, start, end, r->prot);
    return err;
}

static int vacate(struct address_space *space, uint64_t start, uint64_t end) {
    return start < end ? host_memory_vacate(window_host(space, start), end - start) : 0;
}

static int drop(struct address_space *space, uint64_t start, uint64_t end) {
    assert(atomic_load(&space->gate));
    code_pages_bump_locked(space, start, end);
    window_forget_guards_locked(space, start, end);
    if (!space_hits_hole(space, start, end - start)) return vacate(space, start, end);
    const int err = vacate(space, start, SPACE_HOST_START);
    return err ? err : vacate(space, SPACE_HOST_END, end);
}

static void dropped(struct address_space *space, uint64_t start, uint64_t end) {
}

static void set_true(struct code_entry *entry) {
    entry->space->code_changed = true;
}

static bool has_code(struct address_space *space, uint64_t start, uint64_t end) {
    space->code_changed = false;
    code_pages_each(space, start, end, set_true);
    return space->code_changed;
}

/* The host tells nobody when it drops pages lazily, so those of code go at once. */
static void discard(struct address_space *space, const struct region *r, uint64_t start, uint64_t end, bool lazily) {
    char *at = window_host(space, start);
    if (lazily && !has_code(space, start, end) && host_memory_advise(at, end - start, ADVICE_FREE) == 0) return;
    code_pages_bump_locked(space, start, end);
    host_memory_discard(at, end - start);
}

static int protect(struct address_space *space, const struct region *r, int prot) {
    code_pages_bump_locked(space, r->start, r->end);
    end_watches(r, r->start, r->end, prot);
    const bool guarded = window_forget_guards_locked(space, r->start, r->end);
    if (!guarded && window_prot(prot) == window_prot(r->prot)) return 0;
    return host_memory_protect(window_host(space, r->start), region_size(r), window_prot(prot));
}

static void advise(struct address_space *space, const struct region *r, int advice) {
    host_memory_advise(window_host(space, r->start), region_size(r), advice);
}

/* The host has taken the pages out of its mappings already. */
static void zap(struct address_space *space, const struct region *r, uint64_t start, uint64_t end, bool copies) {
    code_pages_bump_locked(space, start, end);
    limbo_mark(&space->limbo);
}

static enum mem_fault_kind populate(struct address_space *space, struct region *r, uint64_t start, uint64_t end, int access) {
    if (access & MEM_WRITE) {
        code_pages_bump_locked(space, start, end);
        end_watches(r, start, end, r->prot);
        window_unguard_locked(space, start, end);
    }
    const int advice = access & MEM_WRITE ? ADVICE_POPULATE_WRITE : ADVICE_POPULATE_READ;
    switch (host_memory_advise(window_host(space, start), end - start, advice)) {
    case -EFAULT: return MEM_FAULT_BUS;
    case -ENOMEM: return MEM_FAULT_NO_MEMORY;
    default: return MEM_OK; /* an old host does not know the advice */
    }
}

static uint64_t count_in_region(struct window_pages *pages, const struct address_space *space, const struct region *r) {
    char *next = window_host(space, r->start), *end = window_host(space, r->end), *at;
    uint64_t bytes = 0;
    for (size_t n; (n = window_pages_next(pages, &next, end, &at)) != 0;) bytes += n;
    return bytes;
}

static void add_resident(const struct address_space *space, struct space_usage *out) {
    struct window_pages pages = window_pages_of(host_memory_present_pages, space);
    LIST_FOR_EACH(node, &space->regions.list) {
        const struct region *r = CONTAINER_OF(node, struct region, node);
        const uint64_t bytes = count_in_region(&pages, space, r);
        out->resident += bytes;
        if (r->object) out->shared += bytes;
    }
}

static void resident(const struct address_space *space, const struct region *r, uint64_t start, uint64_t end, uint8_t *out) {
    host_memory_resident(window_host(space, start), end - start, out);
}

static size_t private_pages(struct address_space *space, uint64_t *at, uint64_t end, struct space_range *out, size_t n) {
    struct host_range found[32];
    char *from = window_host(space, *at);
    n = host_memory_private_pages(&from, window_host(space, end), found, n < ARRAY_LEN(found) ? n : ARRAY_LEN(found));
    for (size_t i = 0; i < n; i++) {
        out[i].start = (uint64_t)(uintptr_t)found[i].start - space->base;
        out[i].end = (uint64_t)(uintptr_t)found[i].end - space->base;
    }
    *at = (uint64_t)(uintptr_t)from - space->base;
    return n;
}

const struct back_end back_end_window = {
    .stop = stop, .resume = resume, .place = window_place, .drop = drop, .dropped = dropped, .discard = discard,
    .protect = protect, .move = window_move, .advise = advise, .zap = zap, .fault = window_fault, .populate = populate,
    .add_resident = add_resident, .resident = resident, .private_pages = private_pages, .copy = window_copy, .word = window_word,
    .copy_string = window_copy_string, .watch = window_watch, .guard = window_guard, .fork = window_fork, .free = window_give_back,
};
