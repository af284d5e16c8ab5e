/* SPDX-License-Identifier: ISC */
/* "An unmasked exception is reported by the next waiting instruction, before it does anything": #MF
 * with rip at it. Instructions that do not wait pass. Source: SDM 1 8.6, 8.7. */
#include "tests/cpu/guest.h"

#include <criterion/criterion.h>

static struct guest g;

static void setup(void) {
    guest_init(&g);
    g.cpu->state.x87.fcw = 0x37b; /* ZE unmasked */
    REG(&g, RDI) = DATA;
}

static void teardown(void) {
    guest_fini(&g);
}

TestSuite(x87_pending, .init = setup, .fini = teardown);

/* fld1; fldz; fdivp st1, st: 1 / 0. */
#define DIVIDE_BY_ZERO 0xd9, 0xe8, 0xd9, 0xee, 0xde, 0xf9

static void assert_mf(const uint8_t *code, size_t n) {
    guest_code(&g, code, n);
    cr_assert_eq(guest_run(&g, 100), EXIT_EXCEPTION);
    cr_assert_eq(g.cpu->exception.vector, EXCEPTION_MF);
    cr_assert_eq(g.cpu->state.rip, CODE + 6, "rip at the instruction that waited");
    cr_assert_eq(g.cpu->retired, 3);
    cr_assert_eq(g.cpu->state.x87.fsw, 0x3000 | 0x8084, "%04x", g.cpu->state.x87.fsw);
}

#define ASSERT_MF(...)                                                                             \
    do {                                                                                           \
        const uint8_t mf_code[] = {DIVIDE_BY_ZERO, __VA_ARGS__};                                   \
        assert_mf(mf_code, sizeof mf_code);                                                        \
    } while (0)

Test(x87_pending, operation_is_not_done) {
    ASSERT_MF(0xd9, 0xe8); /* fld1 */
    cr_assert_eq(g.cpu->state.x87.ftw, 0xc0);
    cr_assert_eq(g.cpu->state.x87.st[7].se, 0x3fff);
    cr_assert_eq(g.cpu->state.x87.st[6].se, 0);
}

Test(x87_pending, wait) {
    ASSERT_MF(0x9b);
}

Test(x87_pending, store) {
    ASSERT_MF(0xdd, 0x1f); /* fstp qword [rdi] */
}

Test(x87_pending, comes_before_the_page_fault) {
    REG(&g, RDI) = 0x12345678;
    ASSERT_MF(0xdd, 0x07); /* fld qword [rdi] */
}

Test(x87_pending, load_of_the_environment) {
    ASSERT_MF(0xd9, 0x27); /* fldenv [rdi] */
}

Test(x87_pending, load_of_the_control_word) {
    ASSERT_MF(0xd9, 0x2f); /* fldcw [rdi] */
}

Test(x87_pending, free_and_turn) {
    ASSERT_MF(0xd9, 0xf7); /* fincstp */
}

Test(x87_pending, those_that_do_not_wait_pass) {
    /* fnstsw ax; fnstcw [rdi]; fnstsw [rdi+2]; fnclex; fld1 */
    GUEST_RUN(&g, DIVIDE_BY_ZERO, 0xdf, 0xe0, 0xd9, 0x3f, 0xdd, 0x7f, 2, 0xdb, 0xe2, 0xd9, 0xe8);
    uint16_t words[2];
    space_peek(g.space, words, DATA, 4);
    cr_assert_eq(REG(&g, RAX) & 0xffff, 0x3000 | 0x8084);
    cr_assert_eq(words[0], 0x37b);
    cr_assert_eq(words[1], 0x3000 | 0x8084);
    cr_assert_eq(g.cpu->state.x87.fsw, 0x2800);
}

Test(x87_pending, init_clears) {
    GUEST_RUN(&g, DIVIDE_BY_ZERO, 0xdb, 0xe3, 0xd9, 0xe8); /* fninit; fld1 */
    cr_assert_eq(g.cpu->state.x87.fsw, 0x3800);
    cr_assert_eq(g.cpu->state.x87.fcw, 0x37f);
}

Test(x87_pending, unmasking_a_flag_that_is_set) {
    const uint16_t fcw[2] = {0x37f, 0x37b};
    space_poke(g.space, DATA, fcw, 4);
    /* fldcw [rdi] (all masked); divide; fldcw [rdi+2] */
    GUEST_RUN(&g, 0xd9, 0x2f, DIVIDE_BY_ZERO, 0xd9, 0x6f, 2, 0xdf, 0xe0);
    cr_assert_eq(REG(&g, RAX) & 0xffff, 0x3800 | 0x8084);
}

Test(x87_pending, inexact_results_are_stored_first) {
    g.cpu->state.x87.fcw = 0x35f; /* PE unmasked */
    const float third = 1.0f / 3;
    float stored = 0;
    /* fld1; push 3; fidiv dword [rsp]; fstp dword [rdi] needs the flag cleared first */
    GUEST_RUN(&g, 0xd9, 0xe8, 0x6a, 3, 0xda, 0x34, 0x24, 0xdb, 0xe2, 0xd9, 0x1f);
    space_peek(g.space, &stored, DATA, 4);
    cr_assert_eq(stored, third);
    cr_assert_eq(g.cpu->state.x87.fsw & 0x80bf, 0x80a0, "the store itself is inexact too");
    cr_assert_eq(g.cpu->state.x87.ftw, 0, "and was completed");
}
