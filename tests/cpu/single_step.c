/* SPDX-License-Identifier: ISC */
/* RFLAGS.TF: a #DB trap after each instruction, none after the POPF that sets it. Budget and counts stay exact. */
#include "tests/cpu/guest.h"

#include <criterion/criterion.h>

static struct guest g;

static void setup(void) {
    guest_init(&g);
}

static void teardown(void) {
    guest_fini(&g);
}

TestSuite(single_step, .init = setup, .fini = teardown);

static void step_to(uint64_t rip, uint64_t retired) {
    cr_assert_eq(guest_run(&g, 1000), EXIT_EXCEPTION);
    cr_assert_eq(g.cpu->exception.vector, EXCEPTION_DB);
    cr_assert_eq(g.cpu->state.rip, rip, "rip %#lx, expected %#lx", g.cpu->state.rip, rip);
    cr_assert_eq(g.cpu->retired, retired);
    cr_assert_eq(g.cpu->budget, 999);
}

Test(single_step, after_each_instruction) {
    /* inc eax; cmp eax, 5; jne 1f; nop; 1: jmp rbx */
    const uint8_t code[] = {0xff, 0xc0, 0x83, 0xf8, 5, 0x75, 1, 0x90, 0xff, 0xe3};
    guest_code(&g, code, sizeof code);
    REG(&g, RBX) = 0x900000; /* not mapped: no fetch before the trap */
    rflags_set(&g.cpu->state, RFLAGS_ONE | RFLAGS_TF);
    step_to(CODE + 2, 1);
    step_to(CODE + 5, 2);
    step_to(CODE + 8, 3);
    step_to(0x900000, 4);
}

Test(single_step, set_by_popf) {
    /* pushf; or dword [rsp], 0x100; popf; nop; nop */
    const uint8_t code[] = {0x9c, 0x81, 0x0c, 0x24, 0, 1, 0, 0, 0x9d, 0x90, 0x90};
    guest_code(&g, code, sizeof code);
    cr_assert_eq(guest_run(&g, 1000), EXIT_EXCEPTION);
    cr_assert_eq(g.cpu->exception.vector, EXCEPTION_DB);
    cr_assert_eq(g.cpu->state.rip, CODE + 10);
    cr_assert_eq(g.cpu->retired, 4);
}

Test(single_step, no_budget_no_step) {
    guest_code(&g, "\x90\x90", 2);
    rflags_set(&g.cpu->state, RFLAGS_ONE | RFLAGS_TF);
    cr_assert_eq(guest_run(&g, 0), EXIT_BUDGET);
    cr_assert_eq(g.cpu->state.rip, CODE);
}
