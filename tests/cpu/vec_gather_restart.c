/* SPDX-License-Identifier: ISC */
/* SDM 2, VGATHERDPS: elements are loaded in order and their mask cleared; after a fault the instruction goes on with those
 * still set. At the end the mask is zero. Result, mask and index must differ: #UD. */
#include "tests/cpu/guest.h"

#include <criterion/criterion.h>

static struct guest g;

static void setup(void) {
    guest_init(&g);
    for (uint32_t i = 0; i < 64; i++) {
        const uint32_t value = 100 + i;
        space_poke(g.space, DATA + 4 * i, &value, 4);
    }
    for (unsigned i = 0; i < 8; i++) {
        g.cpu->state.ymm[1].u32[i] = 1000 + i;
        g.cpu->state.ymm[2].u32[i] = 0x80000000;
        g.cpu->state.ymm[3].i32[i] = (int32_t)i * 2;
    }
    REG(&g, RSI) = DATA;
}

static void teardown(void) {
    guest_fini(&g);
}

TestSuite(vec_gather_restart, .init = setup, .fini = teardown);

static const uint8_t vgatherdps[] = {0xc4, 0xe2, 0x6d, 0x92, 0x0c, 0x9e, 0x0f, 0x0b}; /* ymm1, [rsi+ymm3*4], ymm2 */

Test(vec_gather_restart, all) {
    g.cpu->state.ymm[2].u32[5] = 0x7fffffff;
    guest_code(&g, vgatherdps, sizeof vgatherdps);
    cr_assert_eq(guest_run(&g, 1), EXIT_BUDGET);
    for (unsigned i = 0; i < 8; i++) {
        cr_expect_eq(g.cpu->state.ymm[1].u32[i], i == 5 ? 1005 : 100 + 2 * i);
        cr_expect_eq(g.cpu->state.ymm[2].u32[i], 0);
    }
}

Test(vec_gather_restart, goes_on_after_a_fault) {
    g.cpu->state.ymm[3].i32[3] = 0x1000000;
    guest_code(&g, vgatherdps, sizeof vgatherdps);
    cr_assert_eq(guest_run(&g, 1), EXIT_EXCEPTION);
    cr_expect_eq(g.cpu->exception.vector, EXCEPTION_PF);
    cr_expect_eq(g.cpu->exception.fault.gva, DATA + 0x4000000);
    cr_expect_eq(g.cpu->state.rip, CODE);
    for (unsigned i = 0; i < 8; i++) {
        cr_expect_eq(g.cpu->state.ymm[1].u32[i], i < 3 ? 100 + 2 * i : 1000 + i);
        cr_expect_eq(g.cpu->state.ymm[2].u32[i], i < 3 ? 0 : 0x80000000);
    }
    g.cpu->state.ymm[3].i32[0] = 0x1000000; /* done: must not be read again */
    g.cpu->state.ymm[3].i32[3] = 6;
    cr_assert_eq(guest_run(&g, 1), EXIT_BUDGET);
    for (unsigned i = 0; i < 8; i++) cr_expect_eq(g.cpu->state.ymm[1].u32[i], 100 + 2 * i);
    cr_expect_eq(g.cpu->state.ymm[2].u64[3], 0);
}

Test(vec_gather_restart, registers_must_differ) {
    const uint8_t same[] = {0xc4, 0xe2, 0x6d, 0x92, 0x14, 0x9e}; /* ymm2, [rsi+ymm3*4], ymm2 */
    guest_code(&g, same, sizeof same);
    cr_assert_eq(guest_run(&g, 1), EXIT_EXCEPTION);
    cr_expect_eq(g.cpu->exception.vector, EXCEPTION_UD);
}

Test(vec_gather_restart, segment_base_is_outside_a_32_bit_address) {
    const uint8_t code[] = {0x64, 0x67, 0xc4, 0xe2, 0x6d, 0x92, 0x0c, 0x9e, 0x0f, 0x0b}; /* fs:[esi+ymm3*4] */
    g.cpu->state.seg_base[SEG_FS] = DATA + 16;
    REG(&g, RSI) = 0xfffffff8;
    for (unsigned i = 0; i < 8; i++) g.cpu->state.ymm[3].i32[i] = (int32_t)i + 2;
    guest_code(&g, code, sizeof code);
    cr_assert_eq(guest_run(&g, 1), EXIT_BUDGET);
    for (unsigned i = 0; i < 8; i++) cr_expect_eq(g.cpu->state.ymm[1].u32[i], 104 + i);
}
