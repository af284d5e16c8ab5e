/* SPDX-License-Identifier: ISC */
/* fork(2): private pages copy on write, shared ones stay shared; madvise's DONTFORK and WIPEONFORK. */
#include "base/error.h"
#include "tests/mmu/world.h"

#include <criterion/criterion.h>
#include <unistd.h>

#define AT 0x100000000ull

static struct world w;
static struct address_space *child;
static struct tlb *child_tlb;

static void init(void) {
    world_init(&w);
}

static void fork_now(void) {
    child = space_fork(w.space);
    child_tlb = world_tlb(child);
}

static void fini(void) {
    if (child_tlb) world_tlb_free(child_tlb);
    if (child) space_put(child);
    world_fini(&w);
}

TestSuite(fork, .init = init, .fini = fini);

Test(fork, each_side_keeps_its_own_bytes) {
    map_pages(w.space, AT, 2, RW);
    tlb_store(w.tlb, AT, 1);
    tlb_store(w.tlb, AT + PAGE, 2);
    fork_now();
    cr_assert_eq(tlb_load(child_tlb, AT), 1);
    cr_assert_eq(tlb_store(child_tlb, AT, 11), 0);
    cr_assert_eq(tlb_load(w.tlb, AT), 1);
    cr_assert_eq(tlb_store(w.tlb, AT + PAGE, 22), 0);
    cr_assert_eq(tlb_load(child_tlb, AT + PAGE), 2);
    cr_assert_eq(tlb_load(child_tlb, AT), 11);
    cr_assert_eq(tlb_load(w.tlb, AT + PAGE), 22);
}

Test(fork, the_last_owner_writes_in_place) {
    struct mem_fault fault;
    map_pages(w.space, AT, 1, RW);
    const void *before = tlb_translate(w.tlb, AT, MEM_WRITE, &fault);
    fork_now();
    world_tlb_free(child_tlb);
    child_tlb = NULL;
    space_put(child);
    child = NULL;
    cr_assert_eq(tlb_translate(w.tlb, AT, MEM_WRITE, &fault), before);
}

Test(fork, shared_memory_is_shared) {
    space_map(w.space, AT, PAGE, RW, SHARED_ANON | SPACE_FIXED, NULL, 0);
    fork_now();
    tlb_store(child_tlb, AT, 5);
    cr_assert_eq(tlb_load(w.tlb, AT), 5);
    struct space_key a, b;
    space_key(w.space, AT + 4, true, &a);
    space_key(child, AT + 4, true, &b);
    cr_assert(a.object == b.object && a.offset == b.offset);
    space_key(w.space, AT + 4, false, &a);
    space_key(child, AT + 4, false, &b);
    cr_assert_neq(a.object, b.object);
}

Test(fork, advice_about_fork) {
    map_pages(w.space, AT, 3, RW);
    for (uint64_t i = 0; i < 3; i++) tlb_store(w.tlb, AT + i * PAGE, 9);
    cr_assert_eq(space_advise(w.space, AT, PAGE, 10), 0);
    cr_assert_eq(space_advise(w.space, AT + PAGE, PAGE, 18), 0);
    fork_now();
    cr_assert_eq(tlb_load(child_tlb, AT), -MEM_FAULT_UNMAPPED);
    cr_assert_eq(tlb_load(child_tlb, AT + PAGE), 0);
    cr_assert_eq(tlb_load(child_tlb, AT + 2 * PAGE), 9);
    cr_assert_eq(tlb_load(w.tlb, AT + PAGE), 9);
}

Test(fork, unmapping_in_the_child_leaves_the_parent) {
    map_pages(w.space, AT, 4, RW);
    tlb_store(w.tlb, AT, 3);
    fork_now();
    cr_assert_eq(space_unmap(child, AT, 4 * PAGE), 0);
    map_pages(child, AT, 4, RW);
    tlb_store(child_tlb, AT, 4);
    cr_assert_eq(tlb_load(w.tlb, AT), 3);
}

Test(fork, chains) {
    map_pages(w.space, AT, 1, RW);
    tlb_store(w.tlb, AT, 1);
    struct address_space *generation = space_get(w.space);
    for (int i = 2; i < 50; i++) {
            struct address_space *next = space_fork(generation);
            uint8_t byte = 0;
        space_copy_in(next, &byte, AT, 1);
        cr_assert_eq(byte, i - 1);
        byte = (uint8_t)i;
        space_copy_out(next, AT, &byte, 1);
        space_put(generation);
        generation = next;
    }
    space_put(generation);
    cr_assert_eq(tlb_load(w.tlb, AT), 1);
}

Test(fork, copies_by_the_kernel_copy_on_write_too) {
    map_pages(w.space, AT, 1, RW);
    tlb_store(w.tlb, AT, 1);
    fork_now();
    cr_assert_eq(space_store_u32(child, AT, 77), 0);
    cr_assert_eq(tlb_load(w.tlb, AT), 1);
    cr_assert_eq(tlb_load(child_tlb, AT), 77);
}
