/* SPDX-License-Identifier: ISC */
/* Copies between kernel and guest: rights, partial copies, strings, atomic words. */
#include "base/error.h"
#include "tests/mmu/world.h"

#include <criterion/criterion.h>
#include <string.h>

#define AT 0x100000000ull

static struct world w;
static uint8_t big[40 * 4096], back[40 * 4096];

static void init(void) {
    world_init(&w);
}

static void fini(void) {
    world_fini(&w);
}

TestSuite(copy, .init = init, .fini = fini);

Test(copy, across_many_pages) {
    for (size_t i = 0; i < sizeof big; i++) big[i] = (uint8_t)(i * 7 + i / 4096);
    map_pages(w.space, AT, 41, RW);
    cr_assert_eq(space_copy_out(w.space, AT + 100, big, sizeof big), 0);
    cr_assert_eq(space_copy_in(w.space, back, AT + 100, sizeof back), 0);
    cr_assert_arr_eq(big, back, sizeof big);
    cr_assert_eq(tlb_load(w.tlb, AT + 100 + 5000), big[5000]);
}

Test(copy, obeys_rights) {
    map_pages(w.space, AT, 1, SPACE_READ);
    map_pages(w.space, AT + PAGE, 1, 0);
    cr_assert_eq(space_copy_out(w.space, AT, "a", 1), -EFAULT);
    cr_assert_eq(space_copy_in(w.space, back, AT + PAGE - 1, 2), -EFAULT);
    cr_assert_eq(space_poke(w.space, AT + PAGE - 1, "ab", 2), 0);
    cr_assert_eq(space_peek(w.space, back, AT + PAGE - 1, 2), 0);
    cr_assert_eq(back[1], 'b');
    cr_assert_eq(space_peek(w.space, back, AT + 2 * PAGE, 1), -EFAULT);
    cr_assert_eq(space_copy_in(w.space, back, UINT64_MAX, 8), -EFAULT);
    cr_assert_eq(space_copy_in(w.space, back, SPACE_END - 1, 2), -EFAULT);
    cr_assert_eq(space_copy_in(w.space, back, 0, 0), 0);
}

Test(copy, partial) {
    map_pages(w.space, AT, 2, RW);
    cr_assert_eq(space_copy_in_partial(w.space, back, AT + PAGE, 3 * PAGE), PAGE);
    cr_assert_eq(space_copy_out_partial(w.space, AT + 2 * PAGE - 3, big, 100), 3);
    cr_assert_eq(space_copy_out_partial(w.space, AT + 2 * PAGE, big, 100), 0);
}

Test(copy, strings) {
    char out[64];
    map_pages(w.space, AT, 2, RW);
    space_copy_out(w.space, AT + PAGE - 3, "hello", 6);
    cr_assert_eq(space_copy_string(w.space, out, AT + PAGE - 3, sizeof out), 5);
    cr_assert_str_eq(out, "hello");
    cr_assert_eq(space_copy_string(w.space, out, AT + PAGE - 3, 5), -ENAMETOOLONG);
    cr_assert_eq(space_copy_string(w.space, out, AT + PAGE - 3, 6), 5);
    space_copy_out(w.space, AT + 2 * PAGE - 2, "xy", 2);
    cr_assert_eq(space_copy_string(w.space, out, AT + 2 * PAGE - 2, sizeof out), -EFAULT);
}

Test(copy, words) {
    uint32_t word = 0, expected = 5;
    bool swapped = true;
    map_pages(w.space, AT, 1, RW);
    map_pages(w.space, AT + PAGE, 1, SPACE_READ);
    cr_assert_eq(space_store_u32(w.space, AT + 4, 6), 0);
    cr_assert_eq(space_load_u32(w.space, AT + 4, &word), 0);
    cr_assert_eq(word, 6);
    cr_assert_eq(space_cmpxchg_u32(w.space, AT + 4, &expected, 9, &swapped), 0);
    cr_assert(!swapped && expected == 6);
    cr_assert_eq(space_cmpxchg_u32(w.space, AT + 4, &expected, 9, &swapped), 0);
    cr_assert(swapped);
    cr_assert_eq(tlb_load(w.tlb, AT + 4), 9);
    cr_assert_eq(space_load_u32(w.space, AT + 2, &word), -EINVAL);
    cr_assert_eq(space_store_u32(w.space, AT + PAGE, 1), -EFAULT);
    cr_assert_eq(space_load_u32(w.space, AT + 2 * PAGE, &word), -EFAULT);
}
