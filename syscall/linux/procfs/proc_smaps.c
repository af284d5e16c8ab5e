/* SPDX-License-Identifier: ISC */
/* /proc/PID/smaps and smaps_rollup: what each mapping holds. Regions are listed first and counted afterwards, since counting takes
 * the space's locks anew. Memory that processes share counts whole for each of them (Pss is Rss). */
#include "base/bits.h"
#include "syscall/linux/procfs/proc_node.h"

#include <stdlib.h>
#include <string.h>

#define COUNT_LIMIT (8ull << 30) /* of a larger mapping only private pages are counted */
enum { PAGES_AT_ONCE = 4096, RANGES_AT_ONCE = 64 };

struct region_list {
    struct region_info *regions; /* owned; name: owned */
    size_t n, capacity;
    bool failed;
};

struct amounts {
    uint64_t size, resident, anonymous, shared, locked; /* bytes */
};

static int note(const struct region_info *info, void *arg) {
    struct region_list *list = arg;
    if (list->n == list->capacity) {
        const size_t capacity = list->capacity ? 2 * list->capacity : 64;
        struct region_info *regions = realloc(list->regions, capacity * sizeof *regions);
        if (!regions) return list->failed = true;
        list->regions = regions;
        list->capacity = capacity;
    }
    struct region_info *copy = &list->regions[list->n];
    *copy = *info;
    copy->name = strdup(info->name);
    if (!copy->name) return list->failed = true;
    list->n++;
    return 0;
}

static void list_free(struct region_list *list) {
    for (size_t i = 0; i < list->n; i++) free((char *)(uintptr_t)list->regions[i].name);
    free(list->regions);
}

static uint64_t count_resident(struct address_space *space, uint64_t gva, uint64_t end) {
    uint8_t present[PAGES_AT_ONCE];
    uint64_t n = 0;
    while (gva < end) {
        const uint64_t rest = (end - gva) / GUEST_PAGE_SIZE, part = rest < PAGES_AT_ONCE ? rest : PAGES_AT_ONCE;
        if (part == 0 || space_resident(space, gva, part * GUEST_PAGE_SIZE, present)) break;
        for (uint64_t i = 0; i < part; i++) n += present[i] & 1;
        gva += part * GUEST_PAGE_SIZE;
    }
    return n * GUEST_PAGE_SIZE;
}

static uint64_t count_private(struct address_space *space, uint64_t gva, uint64_t end) {
    struct space_range ranges[RANGES_AT_ONCE];
    uint64_t bytes = 0;
    while (gva < end) {
        const uint64_t before = gva;
        const size_t n = space_private_pages(space, &gva, end, ranges, RANGES_AT_ONCE);
        for (size_t i = 0; i < n; i++) bytes += ranges[i].end - ranges[i].start;
        if (gva == before) break;
    }
    return bytes;
}

static struct amounts measure(struct address_space *space, const struct region_info *region) {
    struct amounts a = {.size = region->end - region->start};
    if (!region->prot) return a;
    if (!region->shared) a.anonymous = count_private(space, region->start, region->end);
    a.resident = a.size <= COUNT_LIMIT ? count_resident(space, region->start, region->end) : a.anonymous;
    if (a.anonymous > a.resident) a.anonymous = a.resident;
    a.shared = region->shared ? a.resident : 0;
    a.locked = region->locked ? a.resident : 0;
    return a;
}

static void show_amounts(struct text *text, const struct amounts *a, bool whole) {
    const uint64_t clean = a->resident - a->anonymous - a->shared;
    const struct row {
        const char *name;
        uint64_t bytes;
    } rows[] = {
        {"Rss:", a->resident}, {"Pss:", a->resident}, {"Pss_Dirty:", a->anonymous + a->shared}, {"Shared_Clean:", 0},
        {"Shared_Dirty:", a->shared}, {"Private_Clean:", clean}, {"Private_Dirty:", a->anonymous},
        {"Referenced:", a->resident}, {"Anonymous:", a->anonymous}, {"LazyFree:", 0}, {"AnonHugePages:", 0},
        {"ShmemPmdMapped:", 0}, {"FilePmdMapped:", 0}, {"Shared_Hugetlb:", 0}, {"Private_Hugetlb:", 0}, {"Swap:", 0},
        {"SwapPss:", 0}, {"Locked:", a->locked},
    };
    if (!whole) text_printf(text, "%-15s %8llu kB\nKernelPageSize:        4 kB\nMMUPageSize:           4 kB\n", "Size:", (unsigned long long)a->size / 1024);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) text_printf(text, "%-15s %8llu kB\n", rows[i].name, (unsigned long long)rows[i].bytes / 1024);
}

static void show_flags(struct text *text, const struct region_info *region) {
    text_printf(text, "THPeligible:           0\nVmFlags:%s%s%s%s mr mw me%s%s%s\n", region->prot & SPACE_READ ? " rd" : "",
                region->prot & SPACE_WRITE ? " wr" : "", region->prot & SPACE_EXEC ? " ex" : "", region->shared ? " sh" : "",
                region->grows_down ? " gd" : "", region->locked ? " lo" : "", region->dont_dump ? " dd" : "");
}

static void add(struct amounts *sum, const struct amounts *more) {
    sum->resident += more->resident;
    sum->anonymous += more->anonymous;
    sum->shared += more->shared;
    sum->locked += more->locked;
}

static void show_all(struct address_space *space, const struct region_list *list, struct text *text, bool whole) {
    struct amounts sum = {0};
    for (size_t i = 0; i < list->n; i++) {
        const struct amounts a = measure(space, &list->regions[i]);
        add(&sum, &a);
        if (whole) continue;
        proc_show_region(&list->regions[i], text);
        show_amounts(text, &a, false);
        show_flags(text, &list->regions[i]);
    }
    if (!whole || !list->n) return;
    text_printf(text, "%08llx-%08llx ---p 00000000 00:00 0                          [rollup]\n",
                (unsigned long long)list->regions[0].start, (unsigned long long)list->regions[list->n - 1].end);
    show_amounts(text, &sum, true);
}

static int show(struct node *node, struct text *text, bool whole) {
    struct region_list list = {0};
    struct address_space *space = proc_space(proc_node_of(node));
    if (!space) return 0;
    space_walk(space, note, &list);
    if (!list.failed) show_all(space, &list, text, whole);
    list_free(&list);
    space_put(space);
    return list.failed ? -ENOMEM : 0;
}

PROC_TEXT(smaps) {
    return show(node, text, false);
}

PROC_TEXT(smaps_rollup) {
    return show(node, text, true);
}
