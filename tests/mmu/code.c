/* SPDX-License-Identifier: ISC */
/* A change of code is told to whoever took it: by any write, through any mapping, and by unmapping. */
#include "tests/mmu/world.h"

#include <criterion/criterion.h>
#include <unistd.h>

#define AT 0x100000000ull

static struct world w;

static void init(void) {
    world_init(&w);
}

static void fini(void) {
    world_fini(&w);
}

TestSuite(code, .init = init, .fini = fini);

static uint32_t version(const struct code_page *page) {
    return atomic_load(&page->version);
}

/* True when the page's version moved since *before, and the TLB was kicked; *before follows. */
static bool told(const struct code_page *page, uint32_t *before) {
    const bool moved = version(page) != *before;
    const bool kicked = (tlb_safe_point(w.tlb) & KICK_CODE) != 0;
    *before = version(page);
    cr_assert_eq(moved, kicked);
    return moved;
}

Test(code, a_store_is_told_once) {
    map_pages(w.space, AT, 1, RWX);
    tlb_store(w.tlb, AT, 0x90);
    struct code_page *page = tlb_watch(w.tlb, AT + 5);
    cr_assert_eq(page->gva, AT);
    uint32_t before = version(page);
    cr_assert_eq(tlb_load(w.tlb, AT), 0x90);
    cr_assert(!told(page, &before));
    cr_assert_null(tlb_write_hit(w.tlb, AT, 1), "watched pages have no write entry");
    tlb_store(w.tlb, AT, 1);
    cr_assert(told(page, &before));
    tlb_store(w.tlb, AT, 2);
    cr_assert(!told(page, &before), "the watch ended with the first write");
    cr_assert_not_null(tlb_write_hit(w.tlb, AT, 1));
    cr_assert_eq(tlb_watch(w.tlb, AT), page);
    cr_assert_eq(tlb_load(w.tlb, AT), 2);
    cr_assert_null(tlb_write_hit(w.tlb, AT, 1));
}

Test(code, kernel_copies_and_pokes_are_told) {
    map_pages(w.space, AT, 1, RWX);
    struct code_page *page = tlb_watch(w.tlb, AT);
    uint32_t before = version(page);
    space_copy_out(w.space, AT, "x", 1);
    cr_assert(told(page, &before));
    tlb_watch(w.tlb, AT);
    space_poke(w.space, AT, "x", 1);
    cr_assert(told(page, &before));
    space_protect(w.space, AT, PAGE, RX);
    tlb_watch(w.tlb, AT);
    told(page, &before);
    space_poke(w.space, AT, "y", 1);
    cr_assert(told(page, &before));
    cr_assert_eq(tlb_execute(w.tlb, AT), 'y');
}

Test(code, unmap_protect_and_replacing_are_told) {
    map_pages(w.space, AT, 4, RX);
    struct code_page *page = tlb_watch(w.tlb, AT);
    uint32_t before = version(page);
    space_protect(w.space, AT, PAGE, RW);
    cr_assert(told(page, &before));
    space_protect(w.space, AT, PAGE, RX);
    tlb_watch(w.tlb, AT);
    space_unmap(w.space, AT, PAGE);
    cr_assert(told(page, &before));
    cr_assert_null(tlb_watch(w.tlb, AT));
    map_pages(w.space, AT, 1, RX);
    tlb_watch(w.tlb, AT);
    map_pages(w.space, AT, 1, RX);
    cr_assert(told(page, &before));
    tlb_watch(w.tlb, AT);
    space_advise(w.space, AT, PAGE, 4);
    cr_assert(told(page, &before));
    tlb_watch(w.tlb, AT);
    space_remap(w.space, AT, PAGE, PAGE, 3, AT + 64 * PAGE);
    cr_assert(told(page, &before));
}

Test(code, a_write_through_another_mapping_of_shared_memory_is_told) {
    space_map(w.space, AT, PAGE, RX, SHARED_ANON | SPACE_FIXED, NULL, 0);
    const uint64_t alias = (uint64_t)space_remap(w.space, AT, 0, PAGE, 1, 0);
    space_protect(w.space, alias, PAGE, RW);
    cr_assert_eq(tlb_store(w.tlb, alias, 1), 0);
    struct code_page *page = tlb_watch(w.tlb, AT);
    uint32_t before = version(page);
    cr_assert_eq(tlb_load(w.tlb, alias), 1);
    cr_assert_null(tlb_write_hit(w.tlb, alias, 1));
    cr_assert_eq(tlb_store(w.tlb, alias, 2), 0);
    cr_assert_eq(version(page), before + 1);
    cr_assert_eq(tlb_execute(w.tlb, AT), 2);
}

Test(code, a_write_from_another_process_is_told) {
    space_map(w.space, AT, PAGE, RWX, SHARED_ANON | SPACE_FIXED, NULL, 0);
    struct address_space *child = space_fork(w.space);
    struct tlb *tlb = world_tlb(child);
    cr_assert_eq(tlb_store(tlb, AT, 1), 0);
    struct code_page *page = tlb_watch(w.tlb, AT);
    uint32_t before = version(page);
    cr_assert_eq(tlb_store(tlb, AT, 2), 0);
    cr_assert(told(page, &before));
    tlb_watch(w.tlb, AT);
    cr_assert_eq(space_store_u32(child, AT, 3), 0);
    cr_assert(told(page, &before));
    world_tlb_free(tlb);
    space_put(child);
}

Test(code, two_mappings_of_one_file_by_two_objects) {
    const int fd = file_of_pages(PAGE);
    struct mem_object *a = mem_object_new_file(fd, true, "/jit", 9, 9), *b = mem_object_new_file(fd, true, "/jit", 9, 9);
    space_map(w.space, AT, PAGE, RX, SPACE_SHARED | SPACE_FIXED, a, 0);
    space_map(w.space, AT + PAGE, PAGE, RW, SPACE_SHARED | SPACE_FIXED, b, 0);
    struct code_page *page = tlb_watch(w.tlb, AT);
    uint32_t before = version(page);
    tlb_store(w.tlb, AT + PAGE, 2);
    cr_assert_eq(version(page), before + 1);
    cr_assert_eq(tlb_execute(w.tlb, AT), 2);
    mem_object_put(a);
    mem_object_put(b);
    close(fd);
}

Test(code, a_write_to_the_file_is_told_where_it_was) {
    const int fd = file_of_pages(3 * PAGE);
    struct mem_object *object = mem_object_new_file(fd, false, "/bin", 5, 6);
    space_map(w.space, AT, 2 * PAGE, RX, SPACE_PRIVATE | SPACE_FIXED, object, PAGE);
    struct code_page *page = tlb_watch(w.tlb, AT);
    uint32_t before = version(page);
    mem_file_written(w.pool, 5, 6, 0, PAGE);
    mem_file_written(w.pool, 5, 6, 2 * PAGE, UINT64_MAX);
    mem_file_written(w.pool, 5, 7, 0, UINT64_MAX);
    cr_assert(!told(page, &before));
    mem_file_written(w.pool, 5, 6, PAGE - 1, 2);
    cr_assert(told(page, &before));
    tlb_watch(w.tlb, AT);
    mem_file_written(w.pool, 5, 6, 2 * PAGE - 1, UINT64_MAX);
    cr_assert(told(page, &before));
    tlb_watch(w.tlb, AT);
    mem_file_truncated(w.pool, 5, 6, 2 * PAGE - 1);
    cr_assert(told(page, &before), "the rest of the page reads as zeros");
    mem_object_put(object);
    close(fd);
}

Test(code, private_text_of_a_file) {
    const int fd = file_of_pages(PAGE);
    struct mem_object *object = mem_object_new_file(fd, false, "/bin", 5, 5);
    space_map(w.space, AT, PAGE, RX, SPACE_PRIVATE | SPACE_FIXED, object, 0);
    struct code_page *page = tlb_watch(w.tlb, AT);
    uint32_t before = version(page);
    cr_assert_eq(tlb_execute(w.tlb, AT), 1);
    space_poke(w.space, AT, "z", 1);
    cr_assert(told(page, &before));
    cr_assert_eq(tlb_execute(w.tlb, AT), 'z');
    tlb_watch(w.tlb, AT);
    space_poke(w.space, AT, "q", 1);
    cr_assert(told(page, &before));
    mem_object_put(object);
    close(fd);
}

Test(code, the_child_of_a_fork_has_its_own_watches) {
    map_pages(w.space, AT, 1, RWX);
    tlb_store(w.tlb, AT, 1);
    struct code_page *page = tlb_watch(w.tlb, AT);
    uint32_t before = version(page);
    struct address_space *child = space_fork(w.space);
    space_store_u32(child, AT, 7);
    cr_assert_eq(version(page), before);
    cr_assert_eq(tlb_store(w.tlb, AT, 9), 0);
    cr_assert_eq(version(page), before + 1);
    space_put(child);
}

Test(code, fetch_stops_at_what_may_not_be_executed) {
    uint8_t bytes[15];
    struct mem_fault fault;
    map_pages(w.space, AT, 1, RX);
    map_pages(w.space, AT + PAGE, 1, RW);
    cr_assert_eq(tlb_fetch(w.tlb, AT + PAGE - 4, bytes, sizeof bytes, &fault), 4);
    cr_assert_eq(tlb_fetch(w.tlb, AT + PAGE, bytes, sizeof bytes, &fault), 0);
    cr_assert_eq(fault.kind, MEM_FAULT_RIGHTS);
    cr_assert_eq(fault.access, MEM_EXEC);
}
