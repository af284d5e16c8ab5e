/* SPDX-License-Identifier: ISC */
/* mmap(2), munmap(2): places, flags, errors, joining of neighbours. */
#include "base/error.h"
#include "tests/mmu/world.h"

#include <criterion/criterion.h>

#define AT 0x100000000ull

static struct world w;
static char text[4096];

static void init(void) {
    world_init(&w);
}

static void fini(void) {
    world_fini(&w);
}

TestSuite(map, .init = init, .fini = fini);

static int64_t map_at(uint64_t gva, uint64_t pages, int prot, int flags) {
    return space_map(w.space, gva, pages * PAGE, prot, flags, NULL, 0);
}

Test(map, new_pages_read_as_zero_and_hold_what_is_stored) {
    const uint64_t at = map_pages(w.space, 0, 3, RW);
    cr_assert_eq(tlb_load(w.tlb, at + 5), 0);
    cr_assert_eq(tlb_store(w.tlb, at + PAGE, 7), 0);
    cr_assert_eq(tlb_load(w.tlb, at + PAGE), 7);
    cr_assert_eq(tlb_load(w.tlb, at), 0);
}

Test(map, places_go_downwards_from_the_top) {
    space_set_mmap_top(w.space, 0x3f000000000);
    cr_assert_eq(map_at(0, 1, RW, ANON), 0x3f000000000 - PAGE);
    cr_assert_eq(map_at(0, 2, SPACE_READ, ANON), 0x3f000000000 - 3 * PAGE);
    cr_assert_eq(space_unmap(w.space, 0x3f000000000 - PAGE, PAGE), 0);
    cr_assert_eq(map_at(0, 1, RW, ANON), 0x3f000000000 - PAGE, "the highest hole is taken first");
}

Test(map, a_hint_is_used_when_free) {
    cr_assert_eq(map_at(AT, 1, RW, ANON), (int64_t)AT);
    cr_assert_neq(map_at(AT, 1, RW, ANON), (int64_t)AT);
    cr_assert_eq(map_at(AT + PAGE + 5, 1, RW, ANON), (int64_t)(AT + 2 * PAGE), "a hint is rounded up");
}

Test(map, fixed_replaces_and_noreplace_does_not) {
    map_pages(w.space, AT, 4, RW);
    tlb_store(w.tlb, AT + PAGE, 1);
    cr_assert_eq(map_at(AT + PAGE, 1, RW, ANON | SPACE_FIXED_NOREPLACE), -EEXIST);
    cr_assert_eq(tlb_load(w.tlb, AT + PAGE), 1);
    cr_assert_eq(map_at(AT + PAGE, 1, RW, ANON | SPACE_FIXED), (int64_t)(AT + PAGE));
    cr_assert_eq(tlb_load(w.tlb, AT + PAGE), 0);
    cr_assert_eq(map_at(AT + 8 * PAGE, 1, RW, ANON | SPACE_FIXED_NOREPLACE), (int64_t)(AT + 8 * PAGE));
}

Test(map, errors) {
    cr_assert_eq(map_at(0, 0, RW, ANON), -EINVAL);
    cr_assert_eq(map_at(0, 1, RW, SPACE_ANONYMOUS), -EINVAL);
    cr_assert_eq(map_at(AT + 1, 1, RW, ANON | SPACE_FIXED), -EINVAL);
    cr_assert_eq(map_at(PAGE, 1, RW, ANON | SPACE_FIXED), -EPERM);
    cr_assert_eq(map_at(SPACE_END, 1, RW, ANON | SPACE_FIXED), -ENOMEM);
    cr_assert_eq(map_at(0, SPACE_END / PAGE + 1, RW, ANON), -ENOMEM);
    cr_assert_eq(space_map(w.space, 0, UINT64_MAX, RW, ANON, NULL, 0), -ENOMEM);
    cr_assert_eq(space_unmap(w.space, AT + 1, PAGE), -EINVAL);
    cr_assert_eq(space_unmap(w.space, AT, 0), -EINVAL);
    cr_assert_eq(space_unmap(w.space, AT, UINT64_MAX), -EINVAL);
    cr_assert_eq(space_unmap(w.space, AT, PAGE), 0, "nothing mapped is no error");
}

Test(map, low_addresses_for_map_32bit) {
    const int64_t at = map_at(0, 16, RW, ANON | SPACE_32BIT);
    cr_assert(at > 0 && at + 16 * (int64_t)PAGE <= 0x80000000);
}

Test(map, a_huge_reservation_costs_nothing) {
    struct space_usage usage;
    const int64_t at = space_map(w.space, 0, 1ull << 40, 0, ANON | SPACE_NORESERVE, NULL, 0);
    cr_assert_gt(at, 0);
    cr_assert_eq(space_protect(w.space, (uint64_t)at + (1ull << 39), PAGE, RW), 0);
    cr_assert_eq(tlb_store(w.tlb, (uint64_t)at + (1ull << 39), 1), 0);
    space_get_usage(w.space, &usage);
    cr_assert_eq(usage.mapped, 1ull << 40);
    cr_assert_eq(usage.resident, PAGE);
    cr_assert_eq(space_unmap(w.space, (uint64_t)at, 1ull << 40), 0);
    space_get_usage(w.space, &usage);
    cr_assert_eq(usage.mapped, 0);
    cr_assert_eq(usage.resident, 0);
}

Test(map, equal_neighbours_join) {
    map_pages(w.space, AT, 2, RW);
    map_pages(w.space, AT + 4 * PAGE, 2, RW);
    map_pages(w.space, AT + 2 * PAGE, 2, RW);
    cr_assert_str_eq(list_regions(w.space, AT, text, sizeof text), "0-6 rw-p;");
    map_pages(w.space, AT + 6 * PAGE, 1, SPACE_READ);
    cr_assert_str_eq(list_regions(w.space, AT, text, sizeof text), "0-6 rw-p;6-7 r--p;");
}

Test(map, unmap_cuts_regions) {
    map_pages(w.space, AT, 6, RW);
    tlb_store(w.tlb, AT + 3 * PAGE, 9);
    cr_assert_eq(space_unmap(w.space, AT + 2 * PAGE, PAGE), 0);
    cr_assert_str_eq(list_regions(w.space, AT, text, sizeof text), "0-2 rw-p;3-6 rw-p;");
    cr_assert_eq(tlb_load(w.tlb, AT + 2 * PAGE), -MEM_FAULT_UNMAPPED);
    cr_assert_eq(tlb_load(w.tlb, AT + 3 * PAGE), 9);
    cr_assert_eq(space_unmap(w.space, 0, SPACE_END), 0);
    cr_assert_str_eq(list_regions(w.space, AT, text, sizeof text), "");
    cr_assert_eq(tlb_load(w.tlb, AT + 3 * PAGE), -MEM_FAULT_UNMAPPED);
}

Test(map, rlimit_as_and_data) {
    space_set_limits(w.space, 8 * PAGE, 4 * PAGE, UINT64_MAX);
    cr_assert_eq(map_at(0, 5, RW, ANON), -ENOMEM);
    cr_assert_gt(map_at(AT, 4, RW, ANON | SPACE_FIXED), 0);
    cr_assert_gt(map_at(0, 4, SPACE_READ, ANON), 0);
    cr_assert_eq(map_at(0, 1, SPACE_READ, ANON), -ENOMEM);
    cr_assert_gt(map_at(AT, 4, RW, ANON | SPACE_FIXED), 0, "what is replaced does not count");
}

Test(map, populate_brings_pages_in) {
    struct space_usage usage;
    map_at(AT, 10, RW, ANON | SPACE_FIXED | SPACE_POPULATE);
    space_get_usage(w.space, &usage);
    cr_assert_eq(usage.resident, 10 * PAGE);
}

Test(map, thousands_of_regions) {
    for (uint64_t i = 0; i < 20000; i++) map_pages(w.space, AT + 2 * i * PAGE, 1, RW);
    cr_assert_eq(map_at(AT, 2, RW, ANON) % PAGE, 0);
    for (uint64_t i = 0; i < 20000; i++) cr_assert_eq(tlb_store(w.tlb, AT + 2 * i * PAGE, (uint8_t)i), 0);
    for (uint64_t i = 0; i < 20000; i++) cr_assert_eq(space_unmap(w.space, AT + 2 * i * PAGE, PAGE), 0);
}
