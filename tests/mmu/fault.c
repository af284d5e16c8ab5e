/* SPDX-License-Identifier: ISC */
/* Kinds of faults, rights as x86-64 has them, growing stacks. */
#include "base/error.h"
#include "tests/mmu/world.h"

#include <criterion/criterion.h>

#define AT 0x100000000ull

static struct world w;

static void init(void) {
    world_init(&w);
}

static void fini(void) {
    world_fini(&w);
}

TestSuite(fault, .init = init, .fini = fini);

Test(fault, kinds) {
    struct mem_fault fault;
    map_pages(w.space, AT, 1, SPACE_READ);
    cr_assert_eq(tlb_load(w.tlb, AT + PAGE), -MEM_FAULT_UNMAPPED);
    cr_assert_eq(tlb_store(w.tlb, AT, 1), -MEM_FAULT_RIGHTS);
    cr_assert_eq(tlb_execute(w.tlb, AT), -MEM_FAULT_RIGHTS);
    cr_assert_eq(tlb_load(w.tlb, 0x800000000000), -MEM_FAULT_NONCANONICAL);
    cr_assert_eq(tlb_load(w.tlb, 0xffff7fffffffffff), -MEM_FAULT_NONCANONICAL);
    cr_assert_eq(tlb_load(w.tlb, 0xffff800000000000), -MEM_FAULT_UNMAPPED);
    cr_assert_eq(tlb_load(w.tlb, SPACE_END), -MEM_FAULT_UNMAPPED);
    cr_assert_null(tlb_translate(w.tlb, AT + 3, MEM_WRITE, &fault));
    cr_assert_eq(fault.gva, AT + 3);
    cr_assert_eq(fault.access, MEM_WRITE);
}

Test(fault, every_access_implies_reading) {
    map_pages(w.space, AT, 1, SPACE_WRITE);
    map_pages(w.space, AT + PAGE, 1, SPACE_EXEC);
    map_pages(w.space, AT + 2 * PAGE, 1, 0);
    cr_assert_eq(tlb_load(w.tlb, AT), 0);
    cr_assert_eq(tlb_load(w.tlb, AT + PAGE), 0);
    cr_assert_eq(tlb_load(w.tlb, AT + 2 * PAGE), -MEM_FAULT_RIGHTS);
}

Test(fault, protect_takes_effect_on_present_pages) {
    map_pages(w.space, AT, 1, RW);
    cr_assert_eq(tlb_store(w.tlb, AT, 5), 0);
    cr_assert_eq(space_protect(w.space, AT, PAGE, SPACE_READ), 0);
    cr_assert_eq(tlb_store(w.tlb, AT, 6), -MEM_FAULT_RIGHTS);
    cr_assert_eq(space_protect(w.space, AT, PAGE, 0), 0);
    cr_assert_eq(tlb_load(w.tlb, AT), -MEM_FAULT_RIGHTS);
    cr_assert_eq(space_protect(w.space, AT, PAGE, RWX), 0);
    cr_assert_eq(tlb_load(w.tlb, AT), 5);
    cr_assert_eq(tlb_execute(w.tlb, AT), 5);
}

Test(fault, protect_stops_at_a_hole) {
    map_pages(w.space, AT, 1, RW);
    map_pages(w.space, AT + 2 * PAGE, 1, RW);
    cr_assert_eq(space_protect(w.space, AT, 3 * PAGE, SPACE_READ), -ENOMEM);
    cr_assert_eq(tlb_store(w.tlb, AT, 1), -MEM_FAULT_RIGHTS, "the front was changed");
    cr_assert_eq(tlb_store(w.tlb, AT + 2 * PAGE, 1), 0, "the rest was not");
    cr_assert_eq(space_protect(w.space, AT + PAGE, PAGE, RW), -ENOMEM);
    cr_assert_eq(space_protect(w.space, AT + 1, PAGE, RW), -EINVAL);
    cr_assert_eq(space_protect(w.space, AT, PAGE, 0x80), -EINVAL);
    cr_assert_eq(space_protect(w.space, AT, 0, RW), 0);
}

Test(fault, stack_grows_to_its_limit) {
    const uint64_t top = 0x3ff00000000;
    space_set_limits(w.space, UINT64_MAX, UINT64_MAX, 64 * PAGE);
    space_map(w.space, top - PAGE, PAGE, RW, ANON | SPACE_FIXED | SPACE_GROWSDOWN | SPACE_STACK, NULL, 0);
    cr_assert_eq(tlb_store(w.tlb, top - 64 * PAGE, 1), 0);
    cr_assert_eq(tlb_store(w.tlb, top - 65 * PAGE, 1), -MEM_FAULT_UNMAPPED);
}

Test(fault, stack_keeps_the_guard_gap) {
    const uint64_t top = 0x3ff00000000;
    map_pages(w.space, top - 300 * PAGE, 1, RW);
    space_map(w.space, top - PAGE, PAGE, RW, ANON | SPACE_FIXED | SPACE_GROWSDOWN, NULL, 0);
    cr_assert_eq(tlb_store(w.tlb, top - (300 - 1 - 256) * PAGE, 1), 0);
    cr_assert_eq(tlb_store(w.tlb, top - (300 - 256) * PAGE, 1), -MEM_FAULT_UNMAPPED);
    space_set_mmap_top(w.space, top - PAGE);
    const uint64_t placed = map_pages(w.space, 0, 1, RW);
    cr_assert_leq(placed + PAGE, top - 300 * PAGE, "mmap stays out of the gap");
}

Test(fault, protect_growsdown_reaches_the_start) {
    const uint64_t top = 0x3ff00000000;
    space_map(w.space, top - 4 * PAGE, 4 * PAGE, RW, ANON | SPACE_FIXED | SPACE_GROWSDOWN, NULL, 0);
    cr_assert_eq(space_protect(w.space, top - PAGE, PAGE, RWX | SPACE_GROWSDOWN_PROT), 0);
    cr_assert_eq(tlb_execute(w.tlb, top - 4 * PAGE), 0);
    map_pages(w.space, AT, 1, RW);
    cr_assert_eq(space_protect(w.space, AT, PAGE, RW | SPACE_GROWSDOWN_PROT), -EINVAL);
}
