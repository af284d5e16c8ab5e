/* SPDX-License-Identifier: ISC */
/* FIP, FDP and FOP tell of the last instruction that was not a control instruction; a memory fault
 * changes nothing of the FPU. Source: SDM 1 8.1.8, 8.1.9. */
#include "tests/cpu/guest.h"

#include <criterion/criterion.h>

static struct guest g;

static void setup(void) {
    guest_init(&g);
    REG(&g, RDI) = DATA;
}

static void teardown(void) {
    guest_fini(&g);
}

TestSuite(x87_pointers, .init = setup, .fini = teardown);

static struct x87 *fpu(void) {
    return &g.cpu->state.x87;
}

Test(x87_pointers, register_instruction) {
    fpu()->fdp = 0x42;
    GUEST_RUN(&g, 0xd9, 0xe8, 0xd8, 0xc0); /* fld1; fadd st, st */
    cr_assert_eq(fpu()->fip, CODE + 2);
    cr_assert_eq(fpu()->fop, 0x0c0);
    cr_assert_eq(fpu()->fdp, 0x42);
}

Test(x87_pointers, memory_instruction) {
    GUEST_RUN(&g, 0xdf, 0x6f, 8); /* fild qword [rdi+8] */
    cr_assert_eq(fpu()->fip, CODE);
    cr_assert_eq(fpu()->fop, 0x76f);
    cr_assert_eq(fpu()->fdp, DATA + 8);
}

Test(x87_pointers, control_instructions_leave_them) {
    /* fld1; fnstcw [rdi]; fldcw [rdi]; fnstsw ax; fnclex; wait */
    GUEST_RUN(&g, 0xd9, 0xe8, 0xd9, 0x3f, 0xd9, 0x2f, 0xdf, 0xe0, 0xdb, 0xe2, 0x9b);
    cr_assert_eq(fpu()->fip, CODE);
    cr_assert_eq(fpu()->fop, 0x1e8);
}

/* One instruction that must fault on the page after DATA. */
static void assert_fault_changes_nothing(const uint8_t *code, size_t n) {
    REG(&g, RDI) = DATA + DATA_SIZE;
    const struct x87 before = *fpu();
    guest_code(&g, code, n);
    cr_assert_eq(guest_run(&g, 100), EXIT_EXCEPTION);
    cr_assert_eq(g.cpu->exception.vector, EXCEPTION_PF);
    cr_assert_eq(g.cpu->state.rip, CODE);
    cr_assert_arr_eq(&before, fpu(), sizeof before);
}

Test(x87_pointers, faults_change_nothing) {
    static const uint8_t code[]
                             [2] = {
                                 {0xd9, 0x07}, {0xdd, 0x07}, {0xdb, 0x2f}, {0xdf, 0x07},
                                 {0xdf, 0x27}, /* fld m32 m64 m80; fild m16; fbld */
                                 {0xd8, 0x07}, {0xde, 0x37}, {0xdc, 0x1f}, /* fadd m32; fidiv m16;
                                                                              fcomp m64 */
                                 {0xd9, 0x1f}, {0xdd, 0x17}, {0xdb, 0x3f}, {0xdf, 0x37},
                                 {0xdd, 0x0f}, /* fstp m32; fst m64; fstp m80; fbstp; fisttp */
                                 {0xd9, 0x27}, {0xdd, 0x27}, {0xd9, 0x37}, {0xdd, 0x37},
                                 {0xd9, 0x2f}, {0xdd, 0x3f},
                             };
    for (size_t i = 0; i < sizeof code / sizeof code[0]; i++) {
        fpu()->ftw = 0x81;
        fpu()->fsw = 0x3800;
        fpu()->st[7] = (struct float80){0xffffffffffffffff, 0x3fff};
        assert_fault_changes_nothing(code[i], 2);
    }
}

Test(x87_pointers, an_unmasked_store_exception_still_needs_the_memory) {
    const uint8_t code[] = {0xdb, 0x1f}; /* fistp m32 of 2^40 */
    fpu()->ftw = 0x01;
    fpu()->fcw = 0x37e;
    fpu()->st[0] = (struct float80){1ull << 63, 0x3fff + 40};
    assert_fault_changes_nothing(code, sizeof code);
}
