/* SPDX-License-Identifier: ISC */
/* Random map, unmap, protect, remap, advise, fork and accesses against an array of pages that says what each page
 * must be. The seed is fixed; LOCKSTEP_SEED and LOCKSTEP_STEPS choose others. */
#include "base/error.h"
#include "tests/mmu/world.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT 0x100000000ull
#define N_PAGES 96

struct page {
    bool mapped;
    int prot;
    uint8_t byte; /* first byte of the page */
};

struct model {
    struct page page[N_PAGES];
    struct address_space *space;
    struct tlb *tlb;
};

static uint64_t state;

static uint64_t pick(uint64_t n) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (state >> 11) % n;
}

static const int PROTS[] = {0, SPACE_READ, SPACE_READ | SPACE_WRITE, SPACE_READ | SPACE_WRITE, RX, RWX};

static int pick_prot(void) {
    return PROTS[pick(6)];
}

static uint64_t gva_of(uint64_t i) {
    return AT + i * PAGE;
}

static void do_map(struct model *m, uint64_t first, uint64_t n) {
    const int prot = pick_prot();
    cr_assert_eq(space_map(m->space, gva_of(first), n * PAGE, prot, ANON | SPACE_FIXED, NULL, 0), (int64_t)gva_of(first));
    for (uint64_t i = first; i < first + n; i++) m->page[i] = (struct page){true, prot, 0};
}

static void do_unmap(struct model *m, uint64_t first, uint64_t n) {
    cr_assert_eq(space_unmap(m->space, gva_of(first), n * PAGE), 0);
    for (uint64_t i = first; i < first + n; i++) m->page[i] = (struct page){0};
}

static void do_protect(struct model *m, uint64_t first, uint64_t n) {
    const int prot = pick_prot();
    const int err = space_protect(m->space, gva_of(first), n * PAGE, prot);
    for (uint64_t i = first; i < first + n; i++) {
        if (!m->page[i].mapped) {
            cr_assert_eq(err, -ENOMEM);
            return;
        }
        m->page[i].prot = prot;
    }
    cr_assert_eq(err, 0);
}

static void do_discard(struct model *m, uint64_t first, uint64_t n) {
    space_advise(m->space, gva_of(first), n * PAGE, 4);
    for (uint64_t i = first; i < first + n; i++) m->page[i].byte = 0;
}

/* Moves pages to a place that does not overlap. A source of several regions is refused as a whole. */
static void do_remap(struct model *m, uint64_t first, uint64_t n) {
    const uint64_t to = pick(N_PAGES - n + 1);
    if (to < first + n && first < to + n) return;
    struct page moved[N_PAGES];
    memcpy(moved, &m->page[first], n * sizeof moved[0]);
    const int64_t r = space_remap(m->space, gva_of(first), n * PAGE, n * PAGE, 3, gva_of(to));
    bool uniform = moved[0].mapped;
    for (uint64_t i = 1; i < n; i++) uniform &= moved[i].mapped && moved[i].prot == moved[0].prot;
    cr_assert_eq(r, uniform ? (int64_t)gva_of(to) : -EFAULT, "remap %lu+%lu to %lu gave %ld", first, n, to, (long)r);
    if (!uniform) return;
    for (uint64_t i = 0; i < n; i++) m->page[first + i] = (struct page){0};
    memcpy(&m->page[to], moved, n * sizeof moved[0]);
}

static void do_store(struct model *m, uint64_t i) {
    struct page *page = &m->page[i];
    const uint8_t value = (uint8_t)pick(256);
    const int expect = !page->mapped ? -MEM_FAULT_UNMAPPED : !(page->prot & SPACE_WRITE) ? -MEM_FAULT_RIGHTS : 0;
    if (pick(4) == 0) {
        cr_assert_eq(space_copy_out(m->space, gva_of(i), &value, 1), expect ? -EFAULT : 0);
    } else {
        cr_assert_eq(tlb_store(m->tlb, gva_of(i), value), expect);
    }
    if (!expect) page->byte = value;
}

static void check_load(struct model *m, uint64_t i) {
    const struct page *page = &m->page[i];
    const int expect = !page->mapped ? -MEM_FAULT_UNMAPPED : !page->prot ? -MEM_FAULT_RIGHTS : page->byte;
    const int got = tlb_load(m->tlb, gva_of(i));
    cr_assert_eq(got, expect, "page %lu: %d, not %d", i, got, expect);
    const int expect_code = page->mapped && !(page->prot & SPACE_EXEC) ? -MEM_FAULT_RIGHTS : expect;
    cr_assert_eq(tlb_execute(m->tlb, gva_of(i)), expect_code);
}

static int check_region(const struct region_info *info, void *arg) {
    const struct page *page = arg;
    static uint64_t last_end;
    static int last_prot;
    if (info->start == last_end) cr_assert_neq(info->prot, last_prot, "equal neighbours are joined");
    last_end = info->end;
    last_prot = info->prot;
    for (uint64_t at = info->start; at < info->end; at += PAGE) {
        const struct page *p = &page[(at - AT) / PAGE];
        cr_assert(p->mapped && p->prot == info->prot);
    }
    return 0;
}

static void check_all(struct model *m) {
    struct space_usage usage;
    uint64_t mapped = 0;
    for (uint64_t i = 0; i < N_PAGES; i++) mapped += m->page[i].mapped;
    space_walk(m->space, check_region, m->page);
    space_get_usage(m->space, &usage);
    cr_assert_eq(usage.mapped, mapped * PAGE);
    for (uint64_t i = 0; i < N_PAGES; i++) check_load(m, i);
}

static void step(struct model *m) {
    const uint64_t first = pick(N_PAGES), n = 1 + pick(N_PAGES - first < 12 ? N_PAGES - first : 12);
    switch (pick(16)) {
    case 0: case 1: do_map(m, first, n); break;
    case 2: do_unmap(m, first, n); break;
    case 3: case 4: do_protect(m, first, n); break;
    case 5: do_remap(m, first, n); break;
    case 6: do_discard(m, first, n); break;
    case 7: tlb_watch(m->tlb, gva_of(first)); break;
    case 8: case 9: case 10: check_load(m, first); break;
    default: do_store(m, first); break;
    }
}

static void fork_model(const struct model *from, struct model *to) {
    *to = *from;
    to->space = space_fork(from->space);
    to->tlb = world_tlb(to->space);
}

static void free_model(struct model *m) {
    world_tlb_free(m->tlb);
    space_put(m->space);
}

static uint64_t setting(const char *name, uint64_t otherwise) {
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 0) : otherwise;
}

Test(model, random_steps_in_a_family_of_spaces, .timeout = 600) {
    enum { FAMILY = 4 };
    struct frame_pool *pool = world_pool();
    struct model family[FAMILY] = {0};
    state = setting("LOCKSTEP_SEED", 88172645463325252ull);
    family[0].space = space_new(pool);
    family[0].tlb = world_tlb(family[0].space);
    for (int i = 1; i < FAMILY; i++) fork_model(&family[0], &family[i]);
    const uint64_t steps = setting("LOCKSTEP_STEPS", 200000);
    for (uint64_t i = 0; i < steps; i++) {
        struct model *m = &family[pick(FAMILY)];
        step(m);
        if (i % 997 == 0) check_all(m);
        if (i % 1501 == 0) {
            struct model *child = &family[pick(FAMILY)];
            if (child == m) continue;
            free_model(child);
            fork_model(m, child);
        }
    }
    for (int i = 0; i < FAMILY; i++) check_all(&family[i]);
    for (int i = 0; i < FAMILY; i++) free_model(&family[i]);
    world_pool_free(pool);
}
