/* SPDX-License-Identifier: ISC */
/* Code that a thread writes itself takes effect at the very next instruction, in its own block, in others, through
 * every kind of store, and again when it is written again. */
#include "tests/cpu/guest.h"

#include <criterion/criterion.h>

static struct guest g;

static void setup(void) {
    guest_init(&g);
}

static void teardown(void) {
    guest_fini(&g);
}

TestSuite(self_modifying, .init = setup, .fini = teardown);

Test(self_modifying, next_instruction_of_the_block) {
    /* mov byte [CODE + 8], 7 ; mov eax, 1 (its immediate is at CODE + 8) */
    GUEST_RUN(&g, 0xc6, 0x04, 0x25, 0x09, 0x00, 0x10, 0x00, 7, 0xb8, 1, 0, 0, 0);
    cr_assert_eq(REG(&g, RAX), 7);
    cr_assert_eq(g.cpu->retired, 2);
}

Test(self_modifying, by_read_modify_write) {
    /* lock add byte [CODE + 10], 7 ; mov eax, 1 */
    GUEST_RUN(&g, 0xf0, 0x80, 0x04, 0x25, 0x0a, 0x00, 0x10, 0x00, 7, 0xb8, 1, 0, 0, 0);
    cr_assert_eq(REG(&g, RAX), 8);
    /* the same without LOCK */
    GUEST_RUN(&g, 0x80, 0x04, 0x25, 0x09, 0x00, 0x10, 0x00, 7, 0xb8, 1, 0, 0, 0);
    cr_assert_eq(REG(&g, RAX), 8);
}

Test(self_modifying, by_rep_stosb) {
    REG(&g, RDI) = CODE + 5;
    REG(&g, RAX) = 0x90;
    /* mov ecx, 2 is 5 bytes; rep stosb; inc rbx (3 bytes, of which the first two become NOPs: 0xc3 stays, RET) */
    REG(&g, RDI) = CODE + 7;
    GUEST_RUN(&g, 0xb9, 3, 0, 0, 0, 0xf3, 0xaa, 0x48, 0xff, 0xc3);
    cr_assert_eq(REG(&g, RBX), 0);
    cr_assert_eq(g.cpu->retired, 5);
}

Test(self_modifying, a_loop_that_patches_itself) {
    /* 1: add eax, 0 (imm8 at CODE + 2); inc byte [CODE + 2]; cmp byte [CODE + 2], 100; jne 1b */
    GUEST_RUN(&g, 0x83, 0xc0, 0x00, 0xfe, 0x04, 0x25, 0x02, 0x00, 0x10, 0x00, 0x80, 0x3c, 0x25, 0x02, 0x00, 0x10, 0x00,
              100, 0x75, 0xec);
    cr_assert_eq(REG(&g, RAX), 99 * 100 / 2);
    cr_assert_eq(g.cpu->retired, 400);
}

Test(self_modifying, another_block_and_the_second_page) {
    /* at the page border: mov eax, imm32 whose immediate lies in the second page */
    const uint8_t there[] = {0xb8, 1, 0, 0, 0, 0xc3};
    cr_assert_eq(space_poke(g.space, CODE + 0x1000 - 2, there, sizeof there), 0);
    /* mov ebx, CODE + 0xffe; call rbx; mov ecx, eax; mov byte [CODE + 0x1000], 2; call rbx */
    GUEST_RUN(&g, 0xbb, 0xfe, 0x0f, 0x10, 0x00, 0xff, 0xd3, 0x89, 0xc1, 0xc6, 0x04, 0x25, 0x00, 0x10, 0x10, 0x00, 2,
              0xff, 0xd3);
    cr_assert_eq(REG(&g, RCX), 1);
    cr_assert_eq(REG(&g, RAX), 0x201);
}

Test(self_modifying, written_by_the_kernel_between_runs) {
    const uint8_t one[] = {0xb8, 1, 0, 0, 0, 0x0f, 0x05}, two[] = {0xb8, 2, 0, 0, 0, 0x0f, 0x05};
    guest_code(&g, one, sizeof one);
    cr_assert_eq(guest_run(&g, 100), EXIT_SYSCALL);
    cr_assert_eq(REG(&g, RAX), 1);
    cr_assert_eq(space_copy_out(g.space, CODE, two, sizeof two), 0);
    g.cpu->state.rip = CODE;
    cr_assert_eq(guest_run(&g, 100), EXIT_SYSCALL);
    cr_assert_eq(REG(&g, RAX), 2);
}

Test(self_modifying, rights_taken_away) {
    const uint8_t code[] = {0xb8, 1, 0, 0, 0, 0x0f, 0x05};
    guest_code(&g, code, sizeof code);
    cr_assert_eq(guest_run(&g, 100), EXIT_SYSCALL);
    cr_assert_eq(space_protect(g.space, CODE, CODE_SIZE, SPACE_READ), 0);
    g.cpu->state.rip = CODE;
    cr_assert_eq(guest_run(&g, 100), EXIT_EXCEPTION);
    cr_assert_eq(g.cpu->exception.vector, EXCEPTION_PF);
    cr_assert_eq(g.cpu->exception.error_code, 0x15);
    cr_assert_eq(g.cpu->exception.fault.gva, CODE);
}
