/* SPDX-License-Identifier: ISC */
/* The frame pool: zeros, reuse, counts, and giving memory back. */
#include "mmu/frame.h"
#include "tests/mmu/world.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 40000 };

static struct frame_pool *pool;
static void *page[MANY];

static void init(void) {
    pool = frame_pool_new(SPACE_PAGED);
}

static void fini(void) {
    world_pool_free(pool);
}

TestSuite(frames, .init = init, .fini = fini);

static bool is_zero(const void *at) {
    static const char zeros[GUEST_PAGE_SIZE];
    return memcmp(at, zeros, sizeof zeros) == 0;
}

Test(frames, a_freed_frame_is_reused_and_cleared) {
    void *first = frame_new(pool, true);
    cr_assert(is_zero(first));
    memset(first, 1, GUEST_PAGE_SIZE);
    frame_put(first);
    void *second = frame_new(pool, true);
    cr_assert_eq(first, second);
    cr_assert(is_zero(second));
    frame_put(second);
}

Test(frames, counts) {
    void *at = frame_new(pool, false);
    cr_assert(frame_is_sole(at));
    frame_get(at);
    cr_assert(!frame_is_sole(at));
    frame_put(at);
    cr_assert(frame_is_sole(at));
    frame_put(at);
    cr_assert_eq(pool->n_used, 0);
}

Test(frames, many_are_distinct_and_go_back_to_the_host) {
    for (int i = 0; i < MANY; i++) {
        page[i] = frame_new(pool, true);
        cr_assert(page[i] && is_zero(page[i]));
        memcpy(page[i], &i, sizeof i);
    }
    for (int i = 0; i < MANY; i++) cr_assert_eq(memcmp(page[i], &i, sizeof i), 0);
    cr_assert_eq(pool->n_used, MANY);
    for (int i = 0; i < MANY; i++) frame_put(page[(i * 7919) % MANY]);
    cr_assert_eq(pool->n_used, 0);
    cr_assert_leq(pool->n_idle, 1024, "no more than 4 MiB stay idle");
    void *again = frame_new(pool, true);
    cr_assert(is_zero(again));
    frame_put(again);
}

Test(frames, a_small_pool_touches_little) {
    void *at = frame_new(pool, true);
    cr_assert_leq(pool->n_used + pool->n_idle, 16);
    frame_put(at);
}
