/* SPDX-License-Identifier: ISC */
/* The smallest programs: move, add, loop, call, SYSCALL; and that every operation has a lowering function. */
#include "cpu/interp/lower.h"
#include "tests/cpu/guest.h"

#include <criterion/criterion.h>

static struct guest g;

static void setup(void) {
    guest_init(&g);
}

static void teardown(void) {
    guest_fini(&g);
}

TestSuite(engine_basics, .init = setup, .fini = teardown);

Test(engine_basics, every_op_is_lowered) {
    for (uint16_t op = OP_INVALID + 1; op < OP_COUNT; op++) cr_expect(lower_of(op), "no row for %s", op_name(op));
}

Test(engine_basics, syscall_leaves) {
    /* mov eax, 1; add eax, 41; syscall */
    const uint8_t code[] = {0xb8, 1, 0, 0, 0, 0x83, 0xc0, 41, 0x0f, 0x05};
    guest_code(&g, code, sizeof code);
    cr_assert_eq(guest_run(&g, INT64_MAX), EXIT_SYSCALL);
    cr_assert_eq(REG(&g, RAX), 42);
    cr_assert_eq(REG(&g, RCX), CODE + sizeof code);
    cr_assert_eq(REG(&g, R11), 0x202);
    cr_assert_eq(g.cpu->state.rip, CODE + sizeof code);
    cr_assert_eq(g.cpu->retired, 3);
}

Test(engine_basics, loop_counts) {
    /* mov ecx, 1000; 1: add rax, rcx; dec ecx; jnz 1b */
    GUEST_RUN(&g, 0xb9, 0xe8, 3, 0, 0, 0x48, 0x01, 0xc8, 0xff, 0xc9, 0x75, 0xf9);
    cr_assert_eq(REG(&g, RAX), 500500);
    cr_assert_eq(g.cpu->retired, 1 + 3000);
    cr_assert_eq(g.cpu->state.rip, CODE + 12);
}

Test(engine_basics, call_and_return) {
    /* call 1f; jmp 2f; 1: mov eax, 7; ret; 2: */
    GUEST_RUN(&g, 0xe8, 2, 0, 0, 0, 0xeb, 6, 0xb8, 7, 0, 0, 0, 0xc3);
    cr_assert_eq(REG(&g, RAX), 7);
    cr_assert_eq(g.cpu->retired, 4);
    cr_assert_eq(REG(&g, RSP), DATA + DATA_SIZE - 64);
}
