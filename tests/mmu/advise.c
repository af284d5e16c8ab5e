/* SPDX-License-Identifier: ISC */
/* madvise(2), mincore(2), mlock(2), msync(2), brk(2). */
#include "base/error.h"
#include "tests/mmu/world.h"

#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

#define AT 0x100000000ull
enum { DONTNEED = 4, FREE = 8, REMOVE = 9, POPULATE_WRITE = 23 };

static struct world w;
static char text[4096];

static void init(void) {
    world_init(&w);
}

static void fini(void) {
    world_fini(&w);
}

TestSuite(advise, .init = init, .fini = fini);

Test(advise, dontneed_gives_fresh_zeros) {
    map_pages(w.space, AT, 2, RW);
    tlb_store(w.tlb, AT, 1);
    tlb_store(w.tlb, AT + PAGE, 2);
    cr_assert_eq(space_advise(w.space, AT, PAGE, DONTNEED), 0);
    cr_assert_eq(tlb_load(w.tlb, AT), 0);
    cr_assert_eq(tlb_load(w.tlb, AT + PAGE), 2);
    cr_assert_eq(space_advise(w.space, AT + PAGE, PAGE, FREE), 0);
    cr_assert_eq(space_advise(w.space, AT, 4 * PAGE, DONTNEED), -ENOMEM);
    cr_assert_eq(space_advise(w.space, AT, PAGE, 999), -EINVAL);
    cr_assert_eq(space_advise(w.space, AT + 1, PAGE, DONTNEED), -EINVAL);
    for (int advice = 0; advice <= 3; advice++) cr_assert_eq(space_advise(w.space, AT, PAGE, advice), 0);
}

Test(advise, remove_empties_shared_memory_for_everyone) {
    const int64_t a = space_map(w.space, AT, 2 * PAGE, RW, SHARED_ANON | SPACE_FIXED, NULL, 0);
    struct address_space *child = space_fork(w.space);
    struct tlb *tlb = world_tlb(child);
    tlb_store(w.tlb, AT, 3);
    cr_assert_eq(tlb_load(tlb, AT), 3);
    cr_assert_eq(space_advise(w.space, (uint64_t)a, PAGE, REMOVE), 0);
    cr_assert_eq(tlb_load(tlb, AT), 0);
    cr_assert_eq(tlb_load(w.tlb, AT), 0);
    world_tlb_free(tlb);
    space_put(child);
    map_pages(w.space, AT + 4 * PAGE, 1, RW);
    cr_assert_eq(space_advise(w.space, AT + 4 * PAGE, PAGE, REMOVE), -EINVAL);
}

Test(advise, populate_says_what_went_wrong) {
    uint8_t resident[2];
    map_pages(w.space, AT, 2, RW);
    cr_assert_eq(space_advise(w.space, AT, 2 * PAGE, POPULATE_WRITE), 0);
    cr_assert_eq(space_resident(w.space, AT, 2 * PAGE, resident), 0);
    cr_assert(resident[0] == 1 && resident[1] == 1);
    space_protect(w.space, AT, PAGE, SPACE_READ);
    cr_assert_eq(space_advise(w.space, AT, 2 * PAGE, POPULATE_WRITE), -EINVAL);
    cr_assert_eq(space_advise(w.space, AT, 3 * PAGE, POPULATE_WRITE), -EINVAL);
}

Test(advise, mincore) {
    uint8_t resident[3];
    map_pages(w.space, AT, 3, RW);
    tlb_store(w.tlb, AT + PAGE, 1);
    cr_assert_eq(space_resident(w.space, AT, 3 * PAGE, resident), 0);
    cr_assert(!resident[0] && resident[1] && !resident[2]);
    cr_assert_eq(space_resident(w.space, AT, 4 * PAGE, resident), -ENOMEM);
    cr_assert_eq(space_resident(w.space, AT + 1, PAGE, resident), -EINVAL);
}

Test(advise, locking_counts_and_populates) {
    struct space_usage usage;
    map_pages(w.space, AT, 4, RW);
    cr_assert_eq(space_lock(w.space, AT + 100, PAGE, false), 0);
    space_get_usage(w.space, &usage);
    cr_assert_eq(usage.locked, 2 * PAGE);
    cr_assert_eq(usage.resident, 2 * PAGE);
    cr_assert_eq(space_advise(w.space, AT, PAGE, DONTNEED), -EINVAL);
    cr_assert_eq(space_lock(w.space, AT, 8 * PAGE, false), -ENOMEM);
    cr_assert_eq(space_unlock(w.space, AT, 4 * PAGE), 0);
    space_get_usage(w.space, &usage);
    cr_assert_eq(usage.locked, 0);
    cr_assert_eq(space_lock_all(w.space, false, true, false), 0);
    map_pages(w.space, 0, 2, RW);
    space_get_usage(w.space, &usage);
    cr_assert_eq(usage.locked, 2 * PAGE);
    space_unlock_all(w.space);
    space_get_usage(w.space, &usage);
    cr_assert_eq(usage.locked, 0);
}

Test(advise, msync) {
    enum { ASYNC = 1, INVALIDATE = 2, SYNC = 4 };
    const int fd = file_of_pages(2 * PAGE);
    struct mem_object *object = mem_object_new_file(fd, true, "/f", 3, 3);
    space_map(w.space, AT, 2 * PAGE, RW, SPACE_SHARED | SPACE_FIXED, object, 0);
    tlb_store(w.tlb, AT, 1);
    cr_assert_eq(space_sync(w.space, AT, 2 * PAGE, SYNC), 0);
    cr_assert_eq(space_sync(w.space, AT, 3 * PAGE, SYNC), -ENOMEM);
    cr_assert_eq(space_sync(w.space, AT, PAGE, SYNC | ASYNC), -EINVAL);
    cr_assert_eq(space_sync(w.space, AT + 1, PAGE, SYNC), -EINVAL);
    cr_assert_eq(space_sync(w.space, AT, PAGE, 64), -EINVAL);
    space_lock(w.space, AT, PAGE, true);
    cr_assert_eq(space_sync(w.space, AT, PAGE, SYNC | INVALIDATE), -EBUSY);
    mem_object_put(object);
    close(fd);
}

Test(advise, brk_grows_shrinks_and_stops) {
    space_set_brk(w.space, AT + 100);
    cr_assert_eq(space_brk(w.space, 0), AT + 100);
    cr_assert_eq(space_brk(w.space, AT + 3 * PAGE), AT + 3 * PAGE);
    cr_assert_str_eq(list_regions(w.space, AT, text, sizeof text), "1-3 rw-p [heap];");
    cr_assert_eq(tlb_store(w.tlb, AT + 2 * PAGE, 1), 0);
    map_pages(w.space, AT + 6 * PAGE, 1, RW);
    cr_assert_eq(space_brk(w.space, AT + 7 * PAGE), AT + 3 * PAGE);
    cr_assert_eq(space_brk(w.space, AT + 6 * PAGE), AT + 3 * PAGE, "one page of distance");
    cr_assert_eq(space_brk(w.space, AT + 5 * PAGE), AT + 5 * PAGE);
    cr_assert_eq(space_brk(w.space, AT + 2 * PAGE), AT + 2 * PAGE);
    cr_assert_eq(tlb_load(w.tlb, AT + 2 * PAGE), -MEM_FAULT_UNMAPPED);
}

Test(advise, brk_keeps_a_guard_page_mapped_into_it) {
    space_set_brk(w.space, AT);
    cr_assert_eq(space_brk(w.space, AT + 2 * PAGE), AT + 2 * PAGE);
    map_pages(w.space, AT, 1, 0);
    cr_assert_eq(space_brk(w.space, AT + 4 * PAGE), AT + 4 * PAGE);
    cr_assert_eq(tlb_load(w.tlb, AT), -MEM_FAULT_RIGHTS);
    cr_assert_eq(tlb_store(w.tlb, AT + 3 * PAGE, 1), 0);
}

Test(advise, names) {
    map_pages(w.space, AT, 3, RW);
    cr_assert_eq(space_set_name(w.space, AT + PAGE, PAGE, "[stack]"), 0);
    cr_assert_str_eq(list_regions(w.space, AT, text, sizeof text), "0-1 rw-p;1-2 rw-p [stack];2-3 rw-p;");
    cr_assert_eq(space_set_name(w.space, AT + PAGE, PAGE, NULL), 0);
    cr_assert_str_eq(list_regions(w.space, AT, text, sizeof text), "0-3 rw-p;");
}
