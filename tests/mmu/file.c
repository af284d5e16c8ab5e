/* SPDX-License-Identifier: ISC */
/* Mappings of files: private and shared, past the end, shrinking, rights of the descriptor. */
#include "base/error.h"
#include "host/memory.h"
#include "tests/mmu/world.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <unistd.h>

#define AT 0x100000000ull

static struct world w;
static int fd;
static struct mem_object *object;
static char text[4096];

static void init(void) {
    world_init(&w);
    fd = file_of_pages(2 * PAGE + 100);
    object = mem_object_new_file(fd, true, "/file", 1, 2);
}

static void fini(void) {
    mem_object_put(object);
    world_fini(&w);
    close(fd);
}

TestSuite(file, .init = init, .fini = fini);

static int64_t map_file(uint64_t gva, uint64_t pages, int prot, int flags, uint64_t offset) {
    return space_map(w.space, gva, pages * PAGE, prot, flags | SPACE_FIXED, object, offset);
}

static int byte_in_file(uint64_t offset) {
    uint8_t byte = 0;
    return pread(fd, &byte, 1, (off_t)offset) == 1 ? byte : -1;
}

Test(file, private_pages_are_copied_when_written) {
    map_file(AT, 3, RW, SPACE_PRIVATE, 0);
    cr_assert_eq(tlb_load(w.tlb, AT + PAGE), 2);
    cr_assert_eq(tlb_store(w.tlb, AT + PAGE, 50), 0);
    cr_assert_eq(tlb_load(w.tlb, AT + PAGE), 50);
    cr_assert_eq(tlb_load(w.tlb, AT + PAGE + 1), 2);
    cr_assert_eq(byte_in_file(PAGE), 2);
}

Test(file, rights_given_later_copy_too) {
    map_file(AT, 3, SPACE_READ, SPACE_PRIVATE, 0);
    cr_assert_eq(tlb_load(w.tlb, AT), 1);
    cr_assert_eq(space_protect(w.space, AT, PAGE, RW), 0);
    cr_assert_eq(tlb_store(w.tlb, AT, 9), 0);
    cr_assert_eq(byte_in_file(0), 1);
    cr_assert_eq(tlb_load(w.tlb, AT), 9);
}

Test(file, shared_pages_reach_the_file) {
    map_file(AT, 2, RW, SPACE_SHARED, PAGE);
    cr_assert_eq(tlb_store(w.tlb, AT, 60), 0);
    cr_assert_eq(byte_in_file(PAGE), 60);
    const uint8_t seventy = 70;
    cr_assert_eq(pwrite(fd, &seventy, 1, PAGE + 1), 1);
    cr_assert_eq(tlb_load(w.tlb, AT + 1), 70);
}

Test(file, the_last_page_is_filled_with_zeros_and_the_next_is_a_bus_error) {
    map_file(AT, 4, SPACE_READ, SPACE_PRIVATE, 0);
    cr_assert_eq(tlb_load(w.tlb, AT + 2 * PAGE + 99), 3);
    cr_assert_eq(tlb_load(w.tlb, AT + 2 * PAGE + 100), 0);
    cr_assert_eq(tlb_load(w.tlb, AT + 3 * PAGE), -MEM_FAULT_BUS);
    uint8_t byte;
    cr_assert_eq(space_copy_in(w.space, &byte, AT + 3 * PAGE, 1), -EFAULT);
}

Test(file, growing_makes_pages_accessible) {
    map_file(AT, 5, SPACE_READ, SPACE_SHARED, 0);
    cr_assert_eq(tlb_load(w.tlb, AT + 4 * PAGE), -MEM_FAULT_BUS);
    cr_assert_eq(ftruncate(fd, 5 * PAGE), 0);
    cr_assert_eq(tlb_load(w.tlb, AT + 4 * PAGE), 0);
}

Test(file, a_cut_takes_pages_out) {
    map_file(AT, 3, RW, SPACE_SHARED, 0);
    map_file(AT + 3 * PAGE, 3, RW, SPACE_PRIVATE, 0);
    tlb_store(w.tlb, AT + 2 * PAGE, 1);
    tlb_store(w.tlb, AT + 5 * PAGE, 1);
    cr_assert_eq(ftruncate(fd, PAGE), 0);
    mem_file_truncated(w.pool, 1, 2, PAGE);
    cr_assert_eq(tlb_load(w.tlb, AT), 1);
    cr_assert_eq(tlb_load(w.tlb, AT + PAGE), -MEM_FAULT_BUS);
    cr_assert_eq(tlb_load(w.tlb, AT + 2 * PAGE), -MEM_FAULT_BUS);
    cr_assert_eq(tlb_load(w.tlb, AT + 5 * PAGE), -MEM_FAULT_BUS);
}

/* A window asks for the file's size whenever a TLB asks for the page, so only what is in the TLB already reads as zeros. */
Test(file, a_cut_nobody_told_us_about_reads_as_zeros) {
    host_bus_guard_init();
    map_file(AT, 3, RW, SPACE_SHARED, 0);
    cr_assert_eq(tlb_load(w.tlb, AT + PAGE), 2);
    cr_assert_eq(ftruncate(fd, 0), 0);
    cr_assert_eq(tlb_load(w.tlb, AT + PAGE), 0);
    cr_assert_eq(tlb_store(w.tlb, AT + PAGE, 1), world_memory() == SPACE_WINDOWS ? -MEM_FAULT_BUS : 0);
}

Test(file, read_only_descriptors) {
    struct mem_object *read_only = mem_object_new_file(fd, false, "/file", 1, 2);
    cr_assert_eq(space_map(w.space, 0, PAGE, RW, SPACE_SHARED, read_only, 0), -EACCES);
    const int64_t at = space_map(w.space, 0, PAGE, SPACE_READ, SPACE_SHARED, read_only, 0);
    cr_assert_gt(at, 0);
    cr_assert_eq(tlb_load(w.tlb, (uint64_t)at), 1);
    cr_assert_eq(space_protect(w.space, (uint64_t)at, PAGE, RW), -EACCES);
    cr_assert_gt(space_map(w.space, 0, PAGE, RW, SPACE_PRIVATE, read_only, 0), 0);
    /* A writable object of the same file shares its pages with the read-only one. */
    map_file(AT, 1, RW, SPACE_SHARED, 0);
    cr_assert_eq(tlb_store(w.tlb, AT, 42), 0);
    cr_assert_eq(tlb_load(w.tlb, (uint64_t)at), 42);
    mem_object_put(read_only);
}

Test(file, errors) {
    cr_assert_eq(map_file(AT, 1, SPACE_READ, SPACE_PRIVATE, 5), -EINVAL);
    cr_assert_eq(map_file(AT, 1, SPACE_READ, SPACE_PRIVATE, UINT64_MAX - PAGE + 1), -EOVERFLOW);
}

Test(file, maps_shows_offsets_and_joins_continuations) {
    map_file(AT, 1, SPACE_READ, SPACE_PRIVATE, 0);
    map_file(AT + PAGE, 1, SPACE_READ, SPACE_PRIVATE, PAGE);
    map_file(AT + 2 * PAGE, 1, SPACE_READ, SPACE_PRIVATE, 0);
    cr_assert_str_eq(list_regions(w.space, AT, text, sizeof text), "0-2 r--p /file;2-3 r--p /file;");
}

Test(file, the_object_outlives_the_descriptor_and_the_handle) {
    map_file(AT, 2, SPACE_READ, SPACE_PRIVATE, 0);
    mem_object_put(object);
    close(fd);
    cr_assert_eq(tlb_load(w.tlb, AT + PAGE), 2);
    fd = file_of_pages(1);
    object = mem_object_new_file(fd, true, "/other", 0, 0);
}

Test(file, poke_into_read_only_text_copies) {
    map_file(AT, 1, RX, SPACE_PRIVATE, 0);
    cr_assert_eq(tlb_execute(w.tlb, AT), 1);
    const uint8_t trap = 0xcc;
    cr_assert_eq(space_copy_out(w.space, AT, &trap, 1), -EFAULT);
    cr_assert_eq(space_poke(w.space, AT, &trap, 1), 0);
    cr_assert_eq(tlb_execute(w.tlb, AT), 0xcc);
    cr_assert_eq(byte_in_file(0), 1);
    cr_assert_eq(tlb_store(w.tlb, AT, 1), -MEM_FAULT_RIGHTS);
}
