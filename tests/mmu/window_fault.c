/* SPDX-License-Identifier: ISC */
/* Host rights are guest rights, and what the host refuses is looked at once more: growing stacks, files that were cut. */
#include "base/error.h"
#include "host/fault.h"
#include "tests/mmu/world.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AT 0x100000000ull

static struct world w;

static void init(void) {
    setenv("LOCKSTEP_TEST_MEMORY", "window", 1);
    world_init(&w);
}

static void fini(void) {
    world_fini(&w);
}

TestSuite(window_fault, .init = init, .fini = fini);

static uint32_t *host_of(uint64_t gva) {
    return (uint32_t *)(uintptr_t)(space_base(w.space) + gva);
}

static bool host_may_read(uint64_t gva) {
    uint32_t word;
    return host_guard_load_u32(host_of(gva), &word);
}

static bool host_may_write(uint64_t gva) {
    return host_guard_store_u32(host_of(gva), 0);
}

Test(window_fault, rights_are_the_hosts) {
    static const struct {
        int prot;
        bool read, write;
    } rows[] = {
        {0, false, false}, {SPACE_READ, true, false},   {RW, true, true},
        {RX, true, false}, {SPACE_EXEC, true, false},   {SPACE_WRITE, true, true},
    };
    map_pages(w.space, AT, 1, RW);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_assert_eq(space_protect(w.space, AT, PAGE, rows[i].prot), 0);
        cr_assert_eq(host_may_read(AT), rows[i].read, "row %zu", i);
        cr_assert_eq(host_may_write(AT), rows[i].write, "row %zu", i);
        cr_assert_eq(space_store_u32(w.space, AT, 1), rows[i].write ? 0 : -EFAULT);
    }
    space_unmap(w.space, AT, PAGE);
    cr_assert(!host_may_read(AT));
}

Test(window_fault, a_stack_grows_under_a_copy) {
    space_map(w.space, AT - PAGE, PAGE, RW, ANON | SPACE_FIXED | SPACE_GROWSDOWN | SPACE_STACK, NULL, 0);
    char big[3 * PAGE];
    memset(big, 7, sizeof big);
    cr_assert(!host_may_write(AT - 3 * PAGE));
    cr_assert_eq(space_copy_out(w.space, AT - sizeof big, big, sizeof big), 0);
    cr_assert(host_may_write(AT - 3 * PAGE));
    cr_assert_eq(tlb_load(w.tlb, AT - 2 * PAGE), 7);
    cr_assert_eq(tlb_store(w.tlb, AT - 8 * PAGE, 1), 0);
    cr_assert(host_may_write(AT - 5 * PAGE), "all between is there");
}

Test(window_fault, past_the_end_of_a_file) {
    const int fd = file_of_pages(2 * PAGE);
    struct mem_object *file = mem_object_new_file(fd, true, "/f", 1, 1);
    char buf[3 * PAGE];
    space_map(w.space, AT, 3 * PAGE, RW, SPACE_SHARED | SPACE_FIXED, file, 0);
    cr_assert_eq(tlb_load(w.tlb, AT + 2 * PAGE), -MEM_FAULT_BUS);
    cr_assert_eq(space_copy_in_partial(w.space, buf, AT, sizeof buf), 2 * PAGE);
    cr_assert_eq(space_store_u32(w.space, AT + 2 * PAGE, 1), -EFAULT);
    cr_assert_eq(ftruncate(fd, 3 * PAGE), 0);
    cr_assert_eq(space_store_u32(w.space, AT + 2 * PAGE, 5), 0);
    cr_assert_eq(tlb_load(w.tlb, AT + 2 * PAGE), 5);
    cr_assert_eq(ftruncate(fd, 0), 0);
    cr_assert_eq(space_copy_in(w.space, buf, AT, 1), -EFAULT);
    mem_file_truncated(w.pool, 1, 1, 0);
    cr_assert_eq(tlb_load(w.tlb, AT), -MEM_FAULT_BUS);
    cr_assert_eq(ftruncate(fd, PAGE), 0);
    cr_assert_eq(space_copy_in(w.space, buf, AT, 1), 0);
    cr_assert_eq(buf[0], 0, "nothing was put over the file");
    space_store_u32(w.space, AT, 9);
    cr_assert_eq(pread(fd, buf, 4, 0), 4);
    cr_assert_eq(buf[0], 9);
    mem_object_put(file);
    close(fd);
}

Test(window_fault, big_copies_stop_at_the_first_byte_that_faults) {
    const size_t n = 10 << 20;
    char *buf = malloc(n);
    memset(buf, 3, n);
    map_pages(w.space, AT, n / PAGE, RW);
    cr_assert_eq(space_copy_out(w.space, AT, buf, n), 0);
    space_protect(w.space, AT + n / 2, PAGE, SPACE_READ);
    cr_assert_eq(space_copy_out_partial(w.space, AT + 100, buf, n - 100), n / 2 - 100);
    cr_assert_eq(space_copy_out(w.space, AT, buf, n), -EFAULT);
    cr_assert_eq(space_copy_in(w.space, buf, AT, n), 0);
    cr_assert_eq(space_poke(w.space, AT + n / 2, "x", 1), 0);
    cr_assert(!host_may_write(AT + n / 2), "the rights are back");
    space_protect(w.space, AT + n / 2, PAGE, 0);
    cr_assert_eq(space_peek(w.space, buf, AT + n / 2, 1), 0);
    cr_assert_eq(buf[0], 'x');
    cr_assert(!host_may_read(AT + n / 2));
    free(buf);
}

Test(window_fault, addresses_outside) {
    char byte = 0;
    const uint64_t end = space_end(w.space);
    const uint64_t bad[] = {0, end - 1, end, end + 5, SPACE_END, 1ull << 47, UINT64_MAX, UINT64_MAX - space_base(w.space)};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cr_assert_eq(space_copy_in(w.space, &byte, bad[i], 1), -EFAULT, "%zu", i);
        cr_assert_eq(space_copy_out(w.space, bad[i], &byte, 1), -EFAULT);
        cr_assert_eq(space_poke(w.space, bad[i], &byte, 1), -EFAULT);
        cr_assert_lt(tlb_load(w.tlb, bad[i]), 0);
    }
    cr_assert_eq(space_map(w.space, end, PAGE, RW, ANON | SPACE_FIXED, NULL, 0), -ENOMEM);
    cr_assert_eq(space_unmap(w.space, end, PAGE), 0, "nothing is mapped there");
    cr_assert_eq(space_unmap(w.space, end - PAGE, 2 * PAGE), 0);
}

Test(window_fault, moved_pages_keep_what_is_theirs) {
    const int fd = file_of_pages(4 * PAGE);
    struct mem_object *file = mem_object_new_file(fd, true, "/f", 1, 1);
    space_map(w.space, AT, 4 * PAGE, RW, SPACE_PRIVATE | SPACE_FIXED, file, 0);
    tlb_store(w.tlb, AT + PAGE, 77);
    space_protect(w.space, AT + 2 * PAGE, PAGE, SPACE_READ);
    space_protect(w.space, AT + 2 * PAGE, PAGE, RW);
    const uint64_t to = AT + 64 * PAGE;
    cr_assert_eq(space_remap(w.space, AT, 4 * PAGE, 4 * PAGE, 3, to), (int64_t)to);
    cr_assert_eq(tlb_load(w.tlb, to), 1);
    cr_assert_eq(tlb_load(w.tlb, to + PAGE), 77);
    cr_assert_eq(tlb_load(w.tlb, to + 3 * PAGE), 4);
    cr_assert_eq(tlb_load(w.tlb, AT + PAGE), -MEM_FAULT_UNMAPPED);
    cr_assert(!host_may_read(AT + PAGE));
    cr_assert_eq(space_remap(w.space, to, 4 * PAGE, PAGE, 0, 0), (int64_t)to);
    cr_assert_eq(space_remap(w.space, to, PAGE, 2 * PAGE, 0, 0), (int64_t)to);
    cr_assert_eq(tlb_load(w.tlb, to + PAGE), 2, "the file again");
    mem_object_put(file);
    close(fd);
}
