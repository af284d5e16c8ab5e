/* SPDX-License-Identifier: ISC */
/* A sorted list of addresses. A change steps the version of the page, so that engines drop what they made of it. */
#include "mmu/breakpoint.h"

#include "base/error.h"
#include "mmu/space_internal.h"

#include <stdlib.h>
#include <string.h>

/* Where gva is, or belongs. */
static size_t place_of(const struct breakpoints *list, uint64_t gva) {
    size_t low = 0, high = list->n;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (list->at[middle] < gva) low = middle + 1;
        else high = middle;
    }
    return low;
}

bool space_has_breakpoints(const struct address_space *space) {
    return space->breakpoints.n != 0;
}

bool space_has_breakpoint(const struct address_space *space, uint64_t gva) {
    const struct breakpoints *list = &space->breakpoints;
    if (LIKELY(!list->n)) return false;
    const size_t i = place_of(list, gva);
    return i < list->n && list->at[i] == gva;
}

static void drop_code(struct address_space *space, uint64_t gva) {
    const uint64_t page = align_down(gva, GUEST_PAGE_SIZE);
    host_mutex_lock(&space->lock);
    code_pages_bump_locked(space, page, page + GUEST_PAGE_SIZE);
    host_mutex_unlock(&space->lock);
}

int space_set_breakpoint(struct address_space *space, uint64_t gva) {
    struct breakpoints *list = &space->breakpoints;
    const size_t i = place_of(list, gva);
    if (i < list->n && list->at[i] == gva) return 0;
    uint64_t *at = realloc(list->at, (list->n + 1) * sizeof *at);
    if (!at) return -ENOMEM;
    memmove(at + i + 1, at + i, (list->n - i) * sizeof *at);
    at[i] = gva;
    list->at = at;
    list->n++;
    drop_code(space, gva);
    return 0;
}

int space_copy_breakpoints(const struct address_space *from, struct address_space *to) {
    int r = 0;
    for (size_t i = 0; i < from->breakpoints.n && r == 0; i++) r = space_set_breakpoint(to, from->breakpoints.at[i]);
    return r;
}

void space_clear_breakpoints(struct address_space *space) {
    while (space->breakpoints.n) space_clear_breakpoint(space, space->breakpoints.at[0]);
}

void space_clear_breakpoint(struct address_space *space, uint64_t gva) {
    struct breakpoints *list = &space->breakpoints;
    const size_t i = place_of(list, gva);
    if (i >= list->n || list->at[i] != gva) return;
    list->n--;
    memmove(list->at + i, list->at + i + 1, (list->n - i) * sizeof *list->at);
    drop_code(space, gva);
}
