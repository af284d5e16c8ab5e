/* SPDX-License-Identifier: ISC */
/* "Stack overflow or underflow: IE and SF are set, C1 is 1 for overflow, 0 for underflow"; masked,
 * the result is the default NaN; unmasked, stack and operands stay. Source: SDM 1 8.5.1.1. */
#include "cpu/float80/float80.h"
#include "tests/cpu/guest.h"

#include <criterion/criterion.h>

static struct guest g;

static void setup(void) {
    guest_init(&g);
}

static void teardown(void) {
    guest_fini(&g);
}

TestSuite(x87_stack_fault, .init = setup, .fini = teardown);

enum { IE_SF = 0x41, C1 = 0x200, ES_B = 0x8080 };

static struct x87 *fpu(void) {
    return &g.cpu->state.x87;
}

static struct float80 top(void) {
    return fpu()->st[fpu()->fsw >> 11 & 7];
}

static void assert_default_nan(struct float80 a) {
    cr_assert_eq(a.se, 0xffff);
    cr_assert_eq(a.mantissa, 0xc000000000000000);
}

Test(x87_stack_fault, push_on_a_full_stack_masked) {
    fpu()->ftw = 0xff;
    GUEST_RUN(&g, 0xd9, 0xe8); /* fld1 */
    cr_assert_eq(fpu()->fsw, 0x3800 | IE_SF | C1);
    assert_default_nan(top());
}

Test(x87_stack_fault, push_on_a_full_stack_unmasked) {
    fpu()->ftw = 0xff;
    fpu()->fcw = 0x37e;
    GUEST_RUN(&g, 0xd9, 0xe8);
    cr_assert_eq(fpu()->fsw, ES_B | IE_SF | C1);
    cr_assert_eq(fpu()->st[7].se, 0);
}

Test(x87_stack_fault, operand_empty_masked) {
    GUEST_RUN(&g, 0xd9, 0xe8, 0xd8, 0xc1); /* fld1; fadd st, st1 */
    cr_assert_eq(fpu()->fsw, 0x3800 | IE_SF);
    assert_default_nan(top());
}

Test(x87_stack_fault, operand_empty_unmasked_keeps_stack) {
    fpu()->fcw = 0x37e;
    GUEST_RUN(&g, 0xd9, 0xe8, 0xde, 0xc1); /* fld1; faddp st1, st: no pop */
    cr_assert_eq(fpu()->fsw, 0x3800 | ES_B | IE_SF);
    cr_assert_eq(top().se, 0x3fff);
    cr_assert_eq(fpu()->ftw, 0x80);
}

Test(x87_stack_fault, exchange_fills_what_is_empty) {
    GUEST_RUN(&g, 0xd9, 0xe8, 0xd9, 0xc9); /* fld1; fxch st1 */
    cr_assert_eq(fpu()->fsw, 0x3800 | IE_SF);
    assert_default_nan(top());
    cr_assert_eq(fpu()->st[0].se, 0x3fff);
    cr_assert_eq(fpu()->ftw, 0x81);
}

Test(x87_stack_fault, fcmov_faults_though_not_taken) {
    GUEST_RUN(&g, 0xf8, 0xd9, 0xe8, 0xda, 0xc1); /* clc; fld1; fcmovb st, st1 */
    cr_assert_eq(fpu()->fsw, 0x3800 | IE_SF);
    assert_default_nan(top());
}

Test(x87_stack_fault, compare_is_unordered_and_pops) {
    GUEST_RUN(&g, 0xd9, 0xe8, 0xd8, 0xd9); /* fld1; fcomp st1 */
    cr_assert_eq(fpu()->fsw, 0x4500 | IE_SF);
    cr_assert_eq(fpu()->ftw, 0);
}

Test(x87_stack_fault, compare_unmasked_does_not_pop) {
    fpu()->fcw = 0x37e;
    GUEST_RUN(&g, 0xd9, 0xe8, 0xd8, 0xd9);
    cr_assert_eq(fpu()->fsw, 0x3800 | 0x4500 | ES_B | IE_SF);
    cr_assert_eq(fpu()->ftw, 0x80);
}

Test(x87_stack_fault, store_of_an_empty_register) {
    const uint32_t pattern = 0x55555555;
    uint32_t stored;
    REG(&g, RDI) = DATA;
    space_poke(g.space, DATA, &pattern, 4);
    GUEST_RUN(&g, 0xd9, 0x1f); /* fstp dword [rdi] */
    space_peek(g.space, &stored, DATA, 4);
    cr_assert_eq(stored, 0xffc00000);
    cr_assert_eq(fpu()->fsw, 0x0800 | IE_SF);
}

Test(x87_stack_fault, store_unmasked_leaves_memory) {
    const uint32_t pattern = 0x55555555;
    uint32_t stored;
    REG(&g, RDI) = DATA;
    fpu()->fcw = 0x37e;
    space_poke(g.space, DATA, &pattern, 4);
    GUEST_RUN(&g, 0xd9, 0x1f);
    space_peek(g.space, &stored, DATA, 4);
    cr_assert_eq(stored, pattern);
    cr_assert_eq(fpu()->fsw, ES_B | IE_SF);
}

Test(x87_stack_fault, two_results_need_room) {
    fpu()->ftw = 0xff;
    GUEST_RUN(&g, 0xd9, 0xfb); /* fsincos */
    cr_assert_eq(fpu()->fsw, 0x3800 | IE_SF | C1);
    assert_default_nan(top());
    assert_default_nan(fpu()->st[0]);
}
