/* SPDX-License-Identifier: ISC */
/* Where windows lie: identity first, then reserved ranges, then no window at all; and what the host keeps for itself in each. */
#include "base/error.h"
#include "tests/mmu/world.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define AT 0x100000000ull
#define TIB (1ull << 40)

static struct frame_pool *pool;

static void init(void) {
    setenv("LOCKSTEP_TEST_MEMORY", "window", 1);
    pool = world_pool();
}

static void fini(void) {
    world_pool_free(pool);
}

TestSuite(window_place, .init = init, .fini = fini);

static uint8_t *host_of(struct address_space *space, uint64_t gva) {
    return (uint8_t *)(uintptr_t)(space_base(space) + gva);
}

/* Under a sanitizer the low addresses are not ours. */
static bool identity_is_possible(void) {
    struct address_space *space = space_new(pool);
    const bool possible = space_base(space) == 0;
    space_put(space);
    return possible;
}

Test(window_place, a_guest_address_is_a_host_address_in_the_first_space) {
    if (!identity_is_possible()) cr_skip_test("the low addresses are in use");
    struct address_space *first = space_new(pool), *second = space_new(pool);
    cr_assert_eq(space_base(first), 0);
    cr_assert_eq(space_end(first), 4 * TIB);
    cr_assert_null(frame_pool_reason(pool));
    cr_assert_neq(space_base(second), 0);
    cr_assert_neq(space_base(second), SPACE_NO_BASE);
    map_pages(first, AT, 1, RW);
    cr_assert_eq(space_copy_out(first, AT, "guest", 6), 0);
    cr_assert_str_eq((const char *)(uintptr_t)AT, "guest");
    space_put(first);
    space_put(second);
}

/* Whether the host could read there. */
static bool is_readable(const uint8_t *at) {
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    const bool readable = write(ends[1], at, 1) == 1;
    close(ends[0]);
    close(ends[1]);
    return readable;
}

Test(window_place, a_window_that_is_taken_again_is_empty) {
    struct address_space *first = space_new(pool);
    for (unsigned i = 0; i < 20; i++) {
        struct address_space *space = space_new(pool);
        map_pages(space, AT, 2, RW);
        map_pages(space, AT + 16 * PAGE, 1 + i, RW);
        cr_assert_not(is_readable(host_of(space, AT + 8 * PAGE)));
        for (unsigned page = 0; page < 2; page++) cr_assert_eq(*host_of(space, AT + page * PAGE), 0);
        cr_assert_eq(*host_of(space, AT + (16 + i) * PAGE), 0);
        memset(host_of(space, AT), 7, 2 * PAGE);
        map_pages(space, AT + 8 * PAGE, 1, RW);
        memset(host_of(space, AT + 8 * PAGE), 7, PAGE);
        memset(host_of(space, AT + 16 * PAGE), 7, (1 + i) * PAGE);
        space_put(space);
    }
    space_put(first);
}

Test(window_place, what_is_mapped_is_found_at_the_base) {
    struct address_space *first = space_new(pool), *space = space_new(pool);
    map_pages(space, AT, 2, RW);
    *host_of(space, AT + PAGE) = 7;
    uint8_t byte = 0;
    cr_assert_eq(space_copy_in(space, &byte, AT + PAGE, 1), 0);
    cr_assert_eq(byte, 7);
    cr_assert_eq(space_base(space) % (2 << 20), 0, "huge pages fit");
    space_put(first);
    space_put(space);
}

Test(window_place, in_use_below) {
    void *mine = mmap((void *)0x10000000, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    cr_assert_eq(mine, (void *)0x10000000);
    struct address_space *space = space_new(pool);
    cr_assert_neq(space_base(space), 0);
    cr_assert_not_null(frame_pool_reason(pool));
    map_pages(space, 0x10000000, 1, RW);
    cr_assert_eq(space_store_u32(space, 0x10000000, 1), 0);
    cr_assert_eq(*(const volatile uint32_t *)mine, 0);
    space_put(space);
}

Test(window_place, exec_takes_the_identity_that_became_free) {
    if (!identity_is_possible()) cr_skip_test("the low addresses are in use");
    const int fd = file_of_pages(3 * PAGE);
    struct mem_object *file = mem_object_new_file(fd, true, "/f", 1, 1);
    struct address_space *old = space_new(pool), *space = space_new(pool);
    map_pages(space, AT, 2, RW);
    space_map(space, AT + 8 * PAGE, 3 * PAGE, RW, SPACE_PRIVATE | SPACE_FIXED, file, 0);
    space_map(space, AT + 16 * PAGE, PAGE, RW, SHARED_ANON | SPACE_FIXED, NULL, 0);
    space_store_u32(space, AT + PAGE, 11);
    space_store_u32(space, AT + 9 * PAGE, 12);
    space_store_u32(space, AT + 16 * PAGE, 13);
    space_protect(space, AT + 9 * PAGE, PAGE, SPACE_READ);
    const uint64_t before = space_base(space);
    space_take_identity(space);
    cr_assert_eq(space_base(space), before, "the old program is still there");
    space_put(old);
    space_take_identity(space);
    cr_assert_eq(space_base(space), 0);
    uint32_t word[4] = {0};
    space_load_u32(space, AT + PAGE, &word[0]);
    space_load_u32(space, AT + 9 * PAGE, &word[1]);
    space_load_u32(space, AT + 16 * PAGE, &word[2]);
    space_load_u32(space, AT + 10 * PAGE, &word[3]);
    cr_assert(word[0] == 11 && word[1] == 12 && word[2] == 13 && word[3] == 0x03030303);
    cr_assert_eq(space_store_u32(space, AT + 9 * PAGE, 1), -EFAULT);
    cr_assert_eq(*host_of(space, AT + PAGE), 11);
    space_put(space);
    mem_object_put(file);
    close(fd);
}

static int none_in_hole(const struct region_info *info, void *arg) {
    return info->start < SPACE_HOST_END && info->end > SPACE_HOST_START;
}

Test(window_place, the_hosts_part_is_nobodys) {
    struct address_space *space = space_new(pool);
    char *ours = (char *)host_of(space, SPACE_HOST_START);
    cr_assert_eq(mmap(ours, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), ours);
    *ours = 5;
    cr_assert_eq(space_map(space, SPACE_HOST_START, PAGE, RW, ANON | SPACE_FIXED, NULL, 0), -ENOMEM);
    cr_assert_eq(space_map(space, SPACE_HOST_END - PAGE, 2 * PAGE, RW, ANON | SPACE_FIXED, NULL, 0), -ENOMEM);
    const int64_t at = space_map(space, SPACE_HOST_START + PAGE, PAGE, RW, ANON, NULL, 0);
    cr_assert(at > 0 && ((uint64_t)at < SPACE_HOST_START || (uint64_t)at >= SPACE_HOST_END));
    char byte;
    cr_assert_eq(space_copy_in(space, &byte, SPACE_HOST_START, 1), -EFAULT);
    cr_assert_eq(space_copy_out(space, SPACE_HOST_START, "x", 1), -EFAULT);
    cr_assert_eq(space_poke(space, SPACE_HOST_START, "x", 1), -EFAULT);
    map_pages(space, SPACE_HOST_START - PAGE, 1, RW);
    map_pages(space, SPACE_HOST_END, 1, RW);
    cr_assert_eq(space_remap(space, SPACE_HOST_START - PAGE, PAGE, 2 * PAGE, 0, 0), -ENOMEM);
    cr_assert_eq(space_copy_in(space, &byte, SPACE_HOST_START - 1, 2), -EFAULT);
    space_set_brk(space, SPACE_HOST_START - 16 * PAGE);
    cr_assert_eq(space_brk(space, SPACE_HOST_START + PAGE), SPACE_HOST_START - 16 * PAGE);
    cr_assert_eq(space_unmap(space, SPACE_HOST_START - 64 * PAGE, SPACE_HOST_END - SPACE_HOST_START + 128 * PAGE), 0);
    cr_assert_eq(*ours, 5);
    cr_assert_eq(space_walk(space, none_in_hole, NULL), 0);
    space_put(space);
}

Test(window_place, files_and_code_go_near_the_hosts_part) {
    struct address_space *space = space_new(pool);
    const int fd = file_of_pages(PAGE);
    struct mem_object *file = mem_object_new_file(fd, false, "/lib", 1, 1);
    const int64_t lib = space_map(space, 0, PAGE, RX, SPACE_PRIVATE, file, 0);
    cr_assert_eq(lib, (int64_t)(SPACE_HOST_START - PAGE));
    const int64_t code = space_map(space, 0, PAGE, RWX, ANON, NULL, 0);
    cr_assert_eq(code, (int64_t)(SPACE_HOST_START - 2 * PAGE));
    const int64_t data = space_map(space, 0, 4 << 20, RW, ANON, NULL, 0);
    cr_assert_gt(data, (int64_t)SPACE_HOST_END);
    cr_assert_eq(data % (2 << 20), 0, "huge pages fit");
    const int64_t low = space_map(space, 0, PAGE, RW, ANON | SPACE_32BIT, NULL, 0);
    cr_assert_lt(low, (int64_t)SPACE_HOST_START);
    space_put(space);
    mem_object_put(file);
    close(fd);
}

/* Leaves room for frames, but for no window. */
static void limit_addresses(void) {
    unsigned long long pages = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    cr_assert(statm && fscanf(statm, "%llu", &pages) == 1);
    fclose(statm);
    const rlim_t most = pages * PAGE + (16ull << 30);
    const struct rlimit limit = {most, most};
    cr_assert_eq(setrlimit(RLIMIT_AS, &limit), 0);
}

Test(window_place, without_room_a_child_is_paged) {
    struct address_space *space = space_new(pool);
    map_pages(space, AT, 2, RW);
    map_pages(space, AT + 2 * PAGE, 1, RW);
    space_map(space, AT + 8 * PAGE, PAGE, RW, SHARED_ANON | SPACE_FIXED, NULL, 0);
    space_store_u32(space, AT + PAGE, 21);
    space_store_u32(space, AT + 2 * PAGE, 22);
    space_protect(space, AT + 2 * PAGE, PAGE, 0);
    limit_addresses();
    struct address_space *child = space_fork(space);
    cr_assert_not_null(child);
    cr_assert_eq(space_base(child), SPACE_NO_BASE);
    cr_assert_not_null(frame_pool_reason(pool));
    uint32_t word = 0;
    cr_assert_eq(space_load_u32(child, AT, &word), 0);
    cr_assert_eq(word, 0);
    space_load_u32(child, AT + PAGE, &word);
    cr_assert_eq(word, 21);
    cr_assert_eq(space_load_u32(child, AT + 2 * PAGE, &word), -EFAULT);
    cr_assert_eq(space_peek(child, &word, AT + 2 * PAGE, 4), 0);
    cr_assert_eq(word, 22);
    space_store_u32(child, AT + PAGE, 99);
    space_load_u32(space, AT + PAGE, &word);
    cr_assert_eq(word, 21);
    cr_assert_eq(space_store_u32(child, AT + 8 * PAGE, 23), 0);
    space_load_u32(space, AT + 8 * PAGE, &word);
    cr_assert_eq(word, 23, "shared memory is shared across back ends");
    space_put(child);
    space_put(space);
}

Test(window_place, hundreds_of_children) {
    enum { CHILDREN = 300 };
    struct address_space *space = space_new(pool), *child[CHILDREN];
    map_pages(space, AT, 1, RW);
    space_store_u32(space, AT, 31);
    for (int i = 0; i < CHILDREN; i++) {
        child[i] = space_fork(space);
        cr_assert_not_null(child[i]);
        cr_assert_neq(space_base(child[i]), SPACE_NO_BASE, "child %d", i);
        space_store_u32(child[i], AT, (uint32_t)i);
    }
    for (int i = 0; i < CHILDREN; i++) {
        cr_assert_eq(*(const uint32_t *)host_of(child[i], AT), (uint32_t)i);
        space_put(child[i]);
    }
    cr_assert_eq(*(const uint32_t *)host_of(space, AT), 31);
    space_put(space);
}
