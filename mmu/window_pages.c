/* SPDX-License-Identifier: ISC */
/* What is in the pages of a window, asked of the host in batches. */
#include "mmu/window.h"

struct window_pages window_pages_in(window_find_fn *find, char *start, char *end) {
    return (struct window_pages){.find = find, .at = start, .end = end};
}

struct window_pages window_pages_of(window_find_fn *find, const struct address_space *space) {
    const struct region *first = region_set_find(&space->regions, 0), *last = region_set_last(&space->regions);
    return window_pages_in(find, window_host(space, first ? first->start : 0), window_host(space, last ? last->end : 0));
}

/* The next range that reaches beyond `from`, or NULL. */
static struct host_range *next_range(struct window_pages *pages, const char *from) {
    for (;;) {
        while (pages->i < pages->n && pages->range[pages->i].end <= from) pages->i++;
        if (pages->i < pages->n) return &pages->range[pages->i];
        if (pages->at >= pages->end) return NULL;
        pages->n = pages->find(&pages->at, pages->end, pages->range, 32);
        pages->i = 0;
    }
}

size_t window_pages_next(struct window_pages *pages, char **from, char *end, char **at) {
    const struct host_range *range = next_range(pages, *from);
    if (!range || range->start >= end) return 0;
    *at = range->start > *from ? range->start : *from;
    *from = range->end < end ? range->end : end;
    return (size_t)(*from - *at);
}
