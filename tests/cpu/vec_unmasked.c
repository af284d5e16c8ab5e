/* SPDX-License-Identifier: ISC */
/* SDM 1 11.5: an unmasked SSE exception is a fault: the destination is as before, MXCSR shows what was found. Exceptions found
 * before computing (#I, #D, #Z) suppress the flags of those after. Unmasked underflow counts exact tiny results. */
#include "tests/cpu/guest.h"

#include <criterion/criterion.h>
#include <math.h>

enum { IE = 1, DE = 2, ZE = 4, OE = 8, UE = 16, PE = 32 };

static struct guest g;

static void setup(void) {
    guest_init(&g);
    g.cpu->state.ymm[1].f64[0] = 1.0;
    g.cpu->state.ymm[1].f64[1] = 1.0;
    g.cpu->state.ymm[2].f64[0] = 3.0;
    g.cpu->state.ymm[2].f64[1] = 3.0;
}

static void teardown(void) {
    guest_fini(&g);
}

TestSuite(vec_unmasked, .init = setup, .fini = teardown);

static void unmask(unsigned flags) {
    g.cpu->state.mxcsr = 0x1f80 & ~(flags << 7);
}

static void expect_xm(const uint8_t *code, size_t n, unsigned flags) {
    const union vec before = g.cpu->state.ymm[1];
    guest_code(&g, code, n);
    cr_assert_eq(guest_run(&g, 1), EXIT_EXCEPTION);
    cr_expect_eq(g.cpu->exception.vector, EXCEPTION_XM);
    cr_expect_eq(g.cpu->state.rip, CODE);
    cr_expect_eq(g.cpu->state.mxcsr & 0x3f, flags, "mxcsr %x", g.cpu->state.mxcsr);
    cr_expect(!memcmp(&before, &g.cpu->state.ymm[1], sizeof before));
}

static const uint8_t divpd[] = {0x66, 0x0f, 0x5e, 0xca}, divsd[] = {0xf2, 0x0f, 0x5e, 0xca},
                     mulsd[] = {0xf2, 0x0f, 0x59, 0xca}, comisd[] = {0x66, 0x0f, 0x2f, 0xca},
                     cvtsd2si[] = {0xf2, 0x48, 0x0f, 0x2d, 0xc1}, vfmadd231sd[] = {0xc4, 0xe2, 0xe1, 0xb9, 0xca};

Test(vec_unmasked, zero_divide_in_one_lane) {
    g.cpu->state.ymm[2].f64[1] = 0.0;
    unmask(ZE);
    expect_xm(divpd, sizeof divpd, ZE); /* and no PE from lane 0 */
}

Test(vec_unmasked, masked_ones_do_not_trap) {
    unmask(ZE);
    guest_code(&g, divsd, sizeof divsd);
    cr_expect_eq(guest_run(&g, 1), EXIT_BUDGET);
    cr_expect_eq(g.cpu->state.mxcsr & 0x3f, PE);
    cr_expect_eq(g.cpu->state.ymm[1].f64[0], 1.0 / 3.0);
}

Test(vec_unmasked, precision) {
    unmask(PE);
    expect_xm(divsd, sizeof divsd, PE);
}

Test(vec_unmasked, exact_tiny_result) {
    g.cpu->state.ymm[1].f64[0] = 0x1p-1022;
    g.cpu->state.ymm[2].f64[0] = 0.5;
    guest_code(&g, mulsd, sizeof mulsd);
    cr_expect_eq(guest_run(&g, 1), EXIT_BUDGET);
    cr_expect_eq(g.cpu->state.mxcsr & 0x3f, 0); /* masked: exact is no underflow */
    g.cpu->state.ymm[1].f64[0] = 0x1p-1022;
    unmask(UE);
    expect_xm(mulsd, sizeof mulsd, UE);
}

Test(vec_unmasked, compare_keeps_flags) {
    g.cpu->state.ymm[2].f64[0] = NAN;
    rflags_set_arith(&g.cpu->state, RFLAGS_OF | RFLAGS_SF);
    unmask(IE);
    expect_xm(comisd, sizeof comisd, IE);
    cr_expect_eq(rflags_get(&g.cpu->state) & RFLAGS_ARITH, RFLAGS_OF | RFLAGS_SF);
}

Test(vec_unmasked, conversion_keeps_register) {
    g.cpu->state.ymm[1].f64[0] = 1e30;
    REG(&g, RAX) = 77;
    unmask(IE);
    expect_xm(cvtsd2si, sizeof cvtsd2si, IE);
    cr_expect_eq(REG(&g, RAX), 77);
}

Test(vec_unmasked, fused) {
    g.cpu->state.ymm[3].f64[0] = 1e300;
    g.cpu->state.ymm[2].f64[0] = 1e300;
    unmask(OE);
    expect_xm(vfmadd231sd, sizeof vfmadd231sd, OE | PE);
}

Test(vec_unmasked, old_sticky_flags_do_not_trap) {
    unmask(ZE);
    g.cpu->state.mxcsr |= ZE;
    guest_code(&g, divsd, sizeof divsd);
    cr_expect_eq(guest_run(&g, 1), EXIT_BUDGET);
    cr_expect_eq(g.cpu->state.mxcsr & 0x3f, ZE | PE);
}
