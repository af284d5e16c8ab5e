/* SPDX-License-Identifier: ISC */
/* The translation cache starts small and is bounded: code larger than it can hold runs correctly, again and again. */
#include "cpu/interp/interp.h"
#include "tests/cpu/guest.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define BIG 0x1000000ull
enum { BIG_SIZE = 2 << 20, LOOPS = 3 };

static struct guest g;

static void setup(void) {
    guest_init(&g);
}

static void teardown(void) {
    guest_fini(&g);
}

TestSuite(cache_limits, .init = setup, .fini = teardown);

Test(cache_limits, starts_small) {
    GUEST_RUN(&g, 0x90);
    cr_assert_leq(g.cpu->interp->cache.bytes, 64u << 10);
}

Test(cache_limits, flushes_and_goes_on) {
    space_map(g.space, BIG, BIG_SIZE, 7, SPACE_PRIVATE | SPACE_ANONYMOUS | SPACE_FIXED, NULL, 0);
    uint8_t *code = malloc(BIG_SIZE);
    /* inc rax all over; at the end: dec rbx; jnz BIG; ud2 */
    const unsigned n = (BIG_SIZE - 16) / 3;
    for (unsigned i = 0; i < n; i++) memcpy(code + 3 * i, "\x48\xff\xc0", 3);
    uint8_t tail[] = {0x48, 0xff, 0xcb, 0x0f, 0x85, 0, 0, 0, 0, 0x0f, 0x0b};
    const int32_t back = -(int32_t)(3 * n + 9);
    memcpy(tail + 5, &back, 4);
    memcpy(code + 3 * n, tail, sizeof tail);
    cr_assert_eq(space_poke(g.space, BIG, code, 3 * n + sizeof tail), 0);
    free(code);
    g.cpu->state.rip = BIG;
    REG(&g, RBX) = LOOPS;
    cr_assert_eq(guest_run(&g, INT64_MAX), EXIT_EXCEPTION);
    cr_assert_eq(g.cpu->exception.vector, EXCEPTION_UD);
    cr_assert_eq(REG(&g, RAX), (uint64_t)LOOPS * n);
    cr_assert_eq(g.cpu->retired, LOOPS * ((uint64_t)n + 2));
    cr_assert_gt(g.cpu->interp->cache.generation, 0);
    cr_assert_leq(g.cpu->interp->cache.bytes, CACHE_MAX_BYTES + (1u << 20));
}
