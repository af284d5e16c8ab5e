/* SPDX-License-Identifier: ISC */
/* What an instruction leaves of a register beyond its result: legacy encodings keep bits 255:128, VEX.128 zeroes them; MMX
 * instructions put the x87 stack at 0, mark all registers in use and set the written one's exponent to all ones. */
#include "tests/cpu/guest.h"

#include <criterion/criterion.h>

static struct guest g;

static void setup(void) {
    guest_init(&g);
    for (unsigned i = 0; i < 16; i++) g.cpu->state.ymm[i] = (union vec){.u64 = {i, i, ~0ull, ~0ull}};
}

static void teardown(void) {
    guest_fini(&g);
}

TestSuite(vec_registers, .init = setup, .fini = teardown);

Test(vec_registers, legacy_keeps_upper_half) {
    GUEST_RUN(&g, 0x66, 0x0f, 0xfe, 0xca); /* paddd xmm1, xmm2 */
    cr_expect_eq(g.cpu->state.ymm[1].u64[0], 3);
    cr_expect_eq(g.cpu->state.ymm[1].u64[2], ~0ull);
}

Test(vec_registers, vex_zeroes_upper_half) {
    GUEST_RUN(&g, 0xc5, 0xf1, 0xfe, 0xca); /* vpaddd xmm1, xmm1, xmm2 */
    cr_expect_eq(g.cpu->state.ymm[1].u64[0], 3);
    cr_expect_eq(g.cpu->state.ymm[1].u64[2], 0);
    cr_expect_eq(g.cpu->state.ymm[1].u64[3], 0);
}

Test(vec_registers, scalar_vex_merges_from_first_source) {
    g.cpu->state.ymm[2].f64[0] = 1;
    g.cpu->state.ymm[3].f64[0] = 2;
    GUEST_RUN(&g, 0xc5, 0xe3, 0x58, 0xca); /* vaddsd xmm1, xmm3, xmm2 */
    cr_expect_eq(g.cpu->state.ymm[1].f64[0], 3);
    cr_expect_eq(g.cpu->state.ymm[1].u64[1], 3);
    cr_expect_eq(g.cpu->state.ymm[1].u64[2], 0);
}

Test(vec_registers, vzeroupper) {
    GUEST_RUN(&g, 0xc5, 0xf8, 0x77);
    for (unsigned i = 0; i < 16; i++) {
        cr_expect_eq(g.cpu->state.ymm[i].u64[1], i);
        cr_expect_eq(g.cpu->state.ymm[i].u64[2] | g.cpu->state.ymm[i].u64[3], 0);
    }
}

Test(vec_registers, mmx_state) {
    struct x87 *x87 = &g.cpu->state.x87;
    x87->fsw = 5 << 11;
    x87->ftw = 0;
    REG(&g, RAX) = 0x0102030405060708;
    GUEST_RUN(&g, 0x48, 0x0f, 0x6e, 0xc8); /* movq mm1, rax */
    cr_expect_eq(x87->st[1].mantissa, 0x0102030405060708);
    cr_expect_eq(x87->st[1].se, 0xffff);
    cr_expect_eq(x87->fsw, 0);
    cr_expect_eq(x87->ftw, 0xff);
    GUEST_RUN(&g, 0x0f, 0x77); /* emms */
    cr_expect_eq(x87->ftw, 0);
}

Test(vec_registers, mmx_waits_for_x87_exceptions) {
    const uint8_t code[] = {0x0f, 0xfc, 0xca}; /* paddb mm1, mm2 */
    g.cpu->state.x87.fsw = 0x8080 | 4;
    g.cpu->state.x87.fcw = 0x37b;
    guest_code(&g, code, sizeof code);
    cr_assert_eq(guest_run(&g, 1), EXIT_EXCEPTION);
    cr_expect_eq(g.cpu->exception.vector, EXCEPTION_MF);
}
