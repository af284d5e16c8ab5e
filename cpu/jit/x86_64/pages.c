/* SPDX-License-Identifier: ISC */
/* The pages that code was made from, and code by address: an address is looked for in the units of its page, the newest first. */
#include "cpu/jit/x86_64/pages.h"

#include <stdlib.h>

struct jit_page *jit_page_slot(const struct jit_space *space, uint64_t gva) {
    size_t i = (size_t)(gva >> 12) * 0x9e3779b1u & (space->pages_size - 1);
    while (space->pages[i].code && space->pages[i].gva != gva) i = (i + 1) & (space->pages_size - 1);
    return &space->pages[i];
}

static bool grow(struct jit_space *space) {
    struct jit_page *old = space->pages;
    const size_t old_size = space->pages_size;
    space->pages_size = old_size ? old_size * 2 : 64;
    space->pages = calloc(space->pages_size, sizeof *space->pages);
    if (!space->pages) {
        space->pages = old;
        space->pages_size = old_size;
        return false;
    }
    for (size_t i = 0; i < old_size; i++)
        if (old[i].code) *jit_page_slot(space, old[i].gva) = old[i];
    free(old);
    return true;
}

bool jit_pages_have_room(struct jit_space *space) {
    return space->n_pages * 2 < space->pages_size || grow(space);
}

void jit_page_add(struct jit_space *space, uint32_t unit, uint64_t gva, unsigned which) {
    struct jit_page *page = jit_page_slot(space, gva);
    space->units[unit].page_next[which] = page->units;
    page->units = unit * 3 + which;
}

static bool find_in_unit(const struct jit_space *space, uint32_t number, uint64_t pc, struct jit_entry *out) {
    const struct jit_unit *unit = &space->units[number];
    const uint64_t offset = pc - unit->pc;
    if (offset > unit->reach || unit->dead) return false;
    for (uint32_t i = unit->entry; i < unit->entry + unit->n_entries; i++) {
        if (space->entry_offsets[i] != offset) continue;
        *out = (struct jit_entry){pc, space->entry_hosts[i], number};
        return true;
    }
    return false;
}

bool jit_space_entry(const struct jit_space *space, uint64_t pc, struct jit_entry *out) {
    if (!space->pages_size || !jit_space_may_have(space, pc)) return false;
    const struct jit_page *page = jit_page_slot(space, align_down(pc, GUEST_PAGE_SIZE));
    if (!page->code) return false;
    for (uint32_t at = page->units; at != JIT_NONE; at = space->units[at / 3].page_next[at % 3])
        if (find_in_unit(space, at / 3, pc, out)) return true;
    return false;
}
