/* SPDX-License-Identifier: ISC */
/* MXCSR as programs see it: LDMXCSR refuses reserved bits, flags are sticky and visible at once, rounding acts at once, and
 * nothing of it reaches the host or another CPU. */
#include "tests/cpu/guest.h"

#include <criterion/criterion.h>

static struct guest g;

static void setup(void) {
    guest_init(&g);
    REG(&g, RSI) = REG(&g, RDI) = DATA;
}

static void teardown(void) {
    guest_fini(&g);
}

TestSuite(vec_mxcsr, .init = setup, .fini = teardown);

#define LDMXCSR 0x0f, 0xae, 0x16
#define STMXCSR 0x0f, 0xae, 0x1f
#define DIVSD 0xf2, 0x0f, 0x5e, 0xca
#define ADDSD 0xf2, 0x0f, 0x58, 0xca

static void poke32(uint32_t value) {
    space_poke(g.space, DATA, &value, 4);
}

static uint32_t peek32(void) {
    uint32_t value = 0;
    space_copy_in(g.space, &value, DATA, 4);
    return value;
}

Test(vec_mxcsr, reserved_bits) {
    const uint8_t code[] = {LDMXCSR};
    poke32(0x11f80);
    guest_code(&g, code, sizeof code);
    cr_assert_eq(guest_run(&g, 1), EXIT_EXCEPTION);
    cr_expect_eq(g.cpu->exception.vector, EXCEPTION_GP);
    cr_expect_eq(g.cpu->state.mxcsr, 0x1f80);
}

Test(vec_mxcsr, sticky_flags) {
    g.cpu->state.ymm[1].f64[0] = 1;
    g.cpu->state.ymm[2].f64[0] = 3;
    GUEST_RUN(&g, DIVSD, STMXCSR);
    cr_expect_eq(peek32(), 0x1fa0);
    cr_expect_eq(g.cpu->state.mxcsr, 0x1fa0);
    poke32(0x1f80);
    GUEST_RUN(&g, LDMXCSR, STMXCSR);
    cr_expect_eq(peek32(), 0x1f80);
    cr_expect_eq(g.cpu->state.mxcsr, 0x1f80);
}

Test(vec_mxcsr, rounding) {
    poke32(0x1f80 | 2 << 13); /* up */
    g.cpu->state.ymm[1].f64[0] = 1;
    g.cpu->state.ymm[2].f64[0] = 0x1p-80;
    GUEST_RUN(&g, LDMXCSR, ADDSD);
    cr_expect_eq(g.cpu->state.ymm[1].f64[0], 1 + 0x1p-52);
    volatile double one = 1, tiny = 0x1p-80;
    cr_expect_eq(one + tiny, 1.0);
}

Test(vec_mxcsr, denormals) {
    g.cpu->state.ymm[1].f64[0] = 0x1p-1074;
    g.cpu->state.ymm[2].f64[0] = 0x1p-1074;
    GUEST_RUN(&g, ADDSD);
    cr_expect_eq(g.cpu->state.ymm[1].f64[0], 0x1p-1073);
    cr_expect_eq(g.cpu->state.mxcsr, 0x1f82);
    g.cpu->state.mxcsr = 0x1f80 | 0x40; /* denormals are zeros */
    GUEST_RUN(&g, ADDSD);
    cr_expect_eq(g.cpu->state.ymm[1].f64[0], 0);
    cr_expect_eq(g.cpu->state.mxcsr, 0x1fc0);
}
