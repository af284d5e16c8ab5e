/* SPDX-License-Identifier: ISC */
/* SDM 2, VMASKMOV and VPMASKMOV: faults occur only for elements whose mask bit is set; a store that faults stores nothing.
 * MASKMOVDQU: the same by bytes. */
#include "tests/cpu/guest.h"

#include <criterion/criterion.h>

#define END (DATA + DATA_SIZE)

static struct guest g;

static void setup(void) {
    guest_init(&g);
    for (unsigned i = 0; i < 8; i++) {
        g.cpu->state.ymm[1].u32[i] = 0x11111111u * (i + 1);
        g.cpu->state.ymm[2].u32[i] = 0x7fffffff; /* top bit clear: off */
    }
}

static void teardown(void) {
    guest_fini(&g);
}

TestSuite(vec_masked_moves, .init = setup, .fini = teardown);

static unsigned run_to_fault(const uint8_t *code, size_t n) {
    const uint64_t retired = g.cpu->retired;
    guest_code(&g, code, n);
    cr_assert_eq(guest_run(&g, 1), EXIT_EXCEPTION);
    cr_expect_eq(g.cpu->state.rip, CODE);
    cr_expect_eq(g.cpu->retired, retired);
    return g.cpu->exception.vector;
}

#define VMASKMOVPS_LOAD 0xc4, 0xe2, 0x6d, 0x2c, 0x0e  /* ymm1, ymm2, [rsi] */
#define VMASKMOVPS_STORE 0xc4, 0xe2, 0x6d, 0x2e, 0x0f /* [rdi], ymm2, ymm1 */

Test(vec_masked_moves, load_ignores_what_is_off) {
    const uint32_t value = 0xcafe;
    space_poke(g.space, END - 4, &value, 4);
    g.cpu->state.ymm[2].u32[0] = 0x80000000;
    REG(&g, RSI) = END - 4;
    GUEST_RUN(&g, VMASKMOVPS_LOAD);
    cr_expect_eq(g.cpu->state.ymm[1].u32[0], 0xcafe);
    for (unsigned i = 1; i < 8; i++) cr_expect_eq(g.cpu->state.ymm[1].u32[i], 0);
}

Test(vec_masked_moves, all_off_touches_nothing) {
    REG(&g, RSI) = REG(&g, RDI) = 0x1000;
    GUEST_RUN(&g, VMASKMOVPS_STORE, VMASKMOVPS_LOAD);
    cr_expect_eq(g.cpu->state.ymm[1].u64[0], 0);
}

Test(vec_masked_moves, load_faults_before_change) {
    const uint8_t code[] = {VMASKMOVPS_LOAD};
    g.cpu->state.ymm[2].u32[0] = g.cpu->state.ymm[2].u32[1] = 0x80000000;
    REG(&g, RSI) = END - 4;
    cr_expect_eq(run_to_fault(code, sizeof code), EXCEPTION_PF);
    cr_expect_eq(g.cpu->exception.fault.gva, END);
    cr_expect_eq(g.cpu->state.ymm[1].u32[0], 0x11111111);
}

Test(vec_masked_moves, store_faults_before_first_byte) {
    const uint8_t code[] = {VMASKMOVPS_STORE};
    uint32_t value = 1;
    g.cpu->state.ymm[2].u32[0] = g.cpu->state.ymm[2].u32[7] = 0x80000000;
    REG(&g, RDI) = END - 4;
    cr_expect_eq(run_to_fault(code, sizeof code), EXCEPTION_PF);
    cr_expect_eq(g.cpu->exception.fault.gva, END + 24);
    space_copy_in(g.space, &value, END - 4, 4);
    cr_expect_eq(value, 0);
}

Test(vec_masked_moves, quad_store_writes_only_what_is_on) {
    uint64_t memory[4] = {9, 9, 9, 9};
    space_poke(g.space, DATA, memory, sizeof memory);
    g.cpu->state.ymm[2].u64[2] = UINT64_MAX;
    REG(&g, RDI) = DATA;
    GUEST_RUN(&g, 0xc4, 0xe2, 0xed, 0x8e, 0x0f); /* vpmaskmovq [rdi], ymm2, ymm1 */
    space_copy_in(g.space, memory, DATA, sizeof memory);
    cr_expect_eq(memory[0], 9);
    cr_expect_eq(memory[1], 9);
    cr_expect_eq(memory[2], g.cpu->state.ymm[1].u64[2]);
    cr_expect_eq(memory[3], 9);
}

Test(vec_masked_moves, bytes) {
    uint8_t memory[4] = {1, 2, 3, 4};
    space_poke(g.space, END - 4, memory, sizeof memory);
    g.cpu->state.ymm[2] = (union vec){.u8 = {0, 0x80, 0, 0xff}};
    REG(&g, RDI) = END - 4;
    GUEST_RUN(&g, 0x66, 0x0f, 0xf7, 0xca); /* maskmovdqu xmm1, xmm2 */
    space_copy_in(g.space, memory, END - 4, sizeof memory);
    cr_expect_eq(memory[0], 1);
    cr_expect_eq(memory[1], 0x11);
    cr_expect_eq(memory[2], 3);
    cr_expect_eq(memory[3], 0x11);
    g.cpu->state.ymm[2].u8[4] = 0x80;
    const uint8_t code[] = {0x66, 0x0f, 0xf7, 0xca};
    memory[1] = 7;
    space_poke(g.space, END - 4, memory, sizeof memory);
    REG(&g, RDI) = END - 4;
    cr_expect_eq(run_to_fault(code, sizeof code), EXCEPTION_PF);
    space_copy_in(g.space, memory, END - 4, sizeof memory);
    cr_expect_eq(memory[1], 7);
}
