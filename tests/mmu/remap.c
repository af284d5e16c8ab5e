/* SPDX-License-Identifier: ISC */
/* mremap(2). */
#include "base/error.h"
#include "tests/mmu/world.h"

#include <criterion/criterion.h>
#include <unistd.h>

#define AT 0x100000000ull
enum { MAYMOVE = 1, FIXED = 2, DONTUNMAP = 4 };

static struct world w;
static char text[4096];

static void init(void) {
    world_init(&w);
}

static void fini(void) {
    world_fini(&w);
}

TestSuite(remap, .init = init, .fini = fini);

static void fill(uint64_t at, uint64_t pages) {
    for (uint64_t i = 0; i < pages; i++) tlb_store(w.tlb, at + i * PAGE, (uint8_t)(i + 1));
}

Test(remap, grows_in_place) {
    map_pages(w.space, AT, 2, RW);
    fill(AT, 2);
    cr_assert_eq(space_remap(w.space, AT, 2 * PAGE, 5 * PAGE, 0, 0), (int64_t)AT);
    cr_assert_eq(tlb_load(w.tlb, AT + PAGE), 2);
    cr_assert_eq(tlb_load(w.tlb, AT + 4 * PAGE), 0);
}

Test(remap, blocked_is_enomem_and_unmapped_is_efault) {
    map_pages(w.space, AT, 2, RW);
    cr_assert_eq(space_remap(w.space, AT, PAGE, 2 * PAGE, 0, 0), -ENOMEM);
    cr_assert_eq(space_remap(w.space, AT - PAGE, PAGE, 2 * PAGE, 0, 0), -EFAULT);
}

Test(remap, moves_when_it_may) {
    map_pages(w.space, AT, 3, RW);
    fill(AT, 3);
    map_pages(w.space, AT + 3 * PAGE, 1, SPACE_READ);
    const int64_t to = space_remap(w.space, AT + PAGE, 2 * PAGE, 4 * PAGE, MAYMOVE, 0);
    cr_assert(to > 0 && (uint64_t)to != AT + PAGE);
    cr_assert_eq(tlb_load(w.tlb, (uint64_t)to), 2);
    cr_assert_eq(tlb_load(w.tlb, (uint64_t)to + PAGE), 3);
    cr_assert_eq(tlb_load(w.tlb, (uint64_t)to + 3 * PAGE), 0);
    cr_assert_eq(tlb_load(w.tlb, AT), 1);
    cr_assert_eq(tlb_load(w.tlb, AT + PAGE), -MEM_FAULT_UNMAPPED);
}

Test(remap, shrinks) {
    map_pages(w.space, AT, 4, RW);
    cr_assert_eq(space_remap(w.space, AT, 4 * PAGE, PAGE, 0, 0), (int64_t)AT);
    cr_assert_str_eq(list_regions(w.space, AT, text, sizeof text), "0-1 rw-p;");
}

Test(remap, to_a_fixed_place) {
    map_pages(w.space, AT, 2, RW);
    map_pages(w.space, AT + 8 * PAGE, 4, SPACE_READ);
    fill(AT, 2);
    cr_assert_eq(space_remap(w.space, AT, 2 * PAGE, 2 * PAGE, MAYMOVE | FIXED, AT + 9 * PAGE), (int64_t)(AT + 9 * PAGE));
    cr_assert_str_eq(list_regions(w.space, AT, text, sizeof text), "8-9 r--p;9-11 rw-p;11-12 r--p;");
    cr_assert_eq(tlb_load(w.tlb, AT + 10 * PAGE), 2);
    cr_assert_eq(space_remap(w.space, AT + 9 * PAGE, 2 * PAGE, PAGE, MAYMOVE | FIXED, AT), (int64_t)AT);
    cr_assert_str_eq(list_regions(w.space, AT, text, sizeof text), "0-1 rw-p;8-9 r--p;11-12 r--p;");
}

Test(remap, inside_one_region) {
    map_pages(w.space, AT, 10, RW);
    fill(AT, 10);
    cr_assert_eq(space_remap(w.space, AT + 6 * PAGE, 2 * PAGE, 2 * PAGE, MAYMOVE | FIXED, AT + PAGE), (int64_t)(AT + PAGE));
    cr_assert_eq(tlb_load(w.tlb, AT + PAGE), 7);
    cr_assert_eq(tlb_load(w.tlb, AT + 5 * PAGE), 6);
    cr_assert_str_eq(list_regions(w.space, AT, text, sizeof text), "0-6 rw-p;8-10 rw-p;");
}

Test(remap, dontunmap_leaves_an_empty_region) {
    map_pages(w.space, AT, 2, RW);
    fill(AT, 2);
    const int64_t to = space_remap(w.space, AT, 2 * PAGE, 2 * PAGE, MAYMOVE | DONTUNMAP, 0);
    cr_assert_gt(to, 0);
    cr_assert_eq(tlb_load(w.tlb, (uint64_t)to + PAGE), 2);
    cr_assert_eq(tlb_load(w.tlb, AT + PAGE), 0);
}

Test(remap, old_size_zero_maps_shared_memory_again) {
    space_map(w.space, AT, 2 * PAGE, RW, SHARED_ANON | SPACE_FIXED, NULL, 0);
    const int64_t to = space_remap(w.space, AT, 0, 2 * PAGE, MAYMOVE, 0);
    cr_assert_gt(to, 0);
    tlb_store(w.tlb, AT + PAGE, 8);
    cr_assert_eq(tlb_load(w.tlb, (uint64_t)to + PAGE), 8);
    map_pages(w.space, AT + 4 * PAGE, 1, RW);
    cr_assert_eq(space_remap(w.space, AT + 4 * PAGE, 0, PAGE, MAYMOVE, 0), -EINVAL);
}

Test(remap, a_file_keeps_its_offsets) {
    const int fd = file_of_pages(4 * PAGE);
    struct mem_object *object = mem_object_new_file(fd, true, "/f", 1, 1);
    space_map(w.space, AT, 3 * PAGE, SPACE_READ, SPACE_PRIVATE | SPACE_FIXED, object, PAGE);
    const int64_t to = space_remap(w.space, AT + PAGE, PAGE, 2 * PAGE, MAYMOVE, 0);
    cr_assert_eq(tlb_load(w.tlb, (uint64_t)to), 3);
    cr_assert_eq(tlb_load(w.tlb, (uint64_t)to + PAGE), 4);
    mem_object_put(object);
    close(fd);
}

Test(remap, errors) {
    map_pages(w.space, AT, 4, RW);
    cr_assert_eq(space_remap(w.space, AT + 1, PAGE, PAGE, 0, 0), -EINVAL);
    cr_assert_eq(space_remap(w.space, AT, PAGE, 0, 0, 0), -EINVAL);
    cr_assert_eq(space_remap(w.space, AT, PAGE, PAGE, FIXED, AT + 8 * PAGE), -EINVAL);
    cr_assert_eq(space_remap(w.space, AT, 2 * PAGE, PAGE, MAYMOVE | FIXED, AT + PAGE), -EINVAL);
    cr_assert_eq(space_remap(w.space, AT, PAGE, PAGE, 16, 0), -EINVAL);
    cr_assert_eq(space_remap(w.space, AT, 8 * PAGE, 9 * PAGE, MAYMOVE, 0), -EFAULT);
    cr_assert_eq(space_remap(w.space, AT, PAGE, UINT64_MAX, MAYMOVE, 0), -EINVAL);
}

Test(remap, remap_file_pages_shows_other_pages) {
    const int fd = file_of_pages(4 * PAGE);
    struct mem_object *object = mem_object_new_file(fd, true, "/f", 1, 1);
    space_map(w.space, AT, 4 * PAGE, RW, SPACE_SHARED | SPACE_FIXED, object, 0);
    cr_assert_eq(space_remap_file_pages(w.space, AT, PAGE, 3 * PAGE), 0);
    cr_assert_eq(tlb_load(w.tlb, AT), 4);
    cr_assert_eq(tlb_load(w.tlb, AT + PAGE), 2);
    cr_assert_eq(space_remap_file_pages(w.space, AT + 8 * PAGE, PAGE, 0), -EINVAL);
    mem_object_put(object);
    close(fd);
}
