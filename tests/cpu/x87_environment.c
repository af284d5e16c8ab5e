/* SPDX-License-Identifier: ISC */
/* FNSTENV, FLDENV, FNSAVE, FRSTOR: the 28- and 14-byte environments, the register area, what they
 * leave behind. Source: SDM 1 8.1.10; SDM 2. */
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

TestSuite(x87_environment, .init = setup, .fini = teardown);

struct env32 {
    uint32_t fcw, fsw, ftw, fip, fcs_fop, fdp, fds;
    uint8_t st[8][10];
} __attribute__((packed));

struct env16 {
    uint16_t fcw, fsw, ftw, fip, fcs, fdp, fds;
    uint8_t st[8][10];
} __attribute__((packed));

static struct x87 *fpu(void) {
    return &g.cpu->state.x87;
}

Test(x87_environment, fnstenv_32) {
    struct env32 env;
    /* fld1; fldz; fld qword [rdi+256]; fnstenv [rdi] */
    GUEST_RUN(&g, 0xd9, 0xe8, 0xd9, 0xee, 0xdd, 0x87, 0, 1, 0, 0, 0xd9, 0x37);
    space_peek(g.space, &env, DATA, 28);
    cr_assert_eq(env.fcw, 0xffff037f);
    cr_assert_eq(env.fsw, 0xffff2800);
    cr_assert_eq(env.ftw, 0xffff17ff, "%08x: R7 valid, R6 and R5 zero", env.ftw);
    cr_assert_eq(env.fip, CODE + 4);
    cr_assert_eq(env.fcs_fop, 0x5870000u, "%08x", env.fcs_fop);
    cr_assert_eq(env.fdp, DATA + 256);
    cr_assert_eq(env.fds, 0xffff0000);
}

Test(x87_environment, fnstenv_masks_everything) {
    fpu()->fcw = 0x360;
    fpu()->fsw = 0x8084;
    GUEST_RUN(&g, 0xd9, 0x37);
    cr_assert_eq(fpu()->fcw, 0x37f);
    cr_assert_eq(fpu()->fsw, 0x0004);
}

Test(x87_environment, fnstenv_16) {
    struct env16 env;
    uint16_t after = 0;
    space_poke(g.space, DATA + 14, &after, 2);
    GUEST_RUN(&g, 0xd9, 0xe8, 0x66, 0xd9, 0x37);
    space_peek(g.space, &env, DATA, 14);
    space_peek(g.space, &after, DATA + 14, 2);
    cr_assert_eq(env.fcw, 0x37f);
    cr_assert_eq(env.fsw, 0x3800);
    cr_assert_eq(env.ftw, 0x3fff);
    cr_assert_eq(env.fip, CODE & 0xffff);
    cr_assert_eq(env.fcs, 0);
    cr_assert_eq(after, 0);
}

Test(x87_environment, fldenv_computes_es) {
    struct env32 env = {.fcw = 0,
                        .fsw = 0x0001,
                        .ftw = 0xfffc,
                        .fip = 0x1234,
                        .fcs_fop = 0x07ffffff,
                        .fdp = 0x5678};
    space_poke(g.space, DATA, &env, 28);
    GUEST_RUN(&g, 0xd9, 0x27);
    cr_assert_eq(fpu()->fcw, 0x40);
    cr_assert_eq(fpu()->fsw, 0x8081);
    cr_assert_eq(fpu()->ftw, 1);
    cr_assert_eq(fpu()->fip, 0x1234);
    cr_assert_eq(fpu()->fop, 0x7ff);
    cr_assert_eq(fpu()->fdp, 0x5678);
}

Test(x87_environment, fldenv_drops_what_is_reserved) {
    struct env32 env = {.fcw = 0xffff, .fsw = 0xffff, .ftw = 0};
    space_poke(g.space, DATA, &env, 28);
    GUEST_RUN(&g, 0xd9, 0x27);
    cr_assert_eq(fpu()->fcw, 0x1f7f);
    cr_assert_eq(fpu()->fsw, 0x7f7f);
    cr_assert_eq(fpu()->ftw, 0xff);
}

Test(x87_environment, fnsave_saves_and_initializes) {
    struct env32 env;
    const uint8_t one[10] = {0, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0x3f};
    GUEST_RUN(&g, 0xd9, 0xee, 0xd9, 0xe8, 0xdd, 0x37); /* fldz; fld1; fnsave [rdi] */
    space_peek(g.space, &env, DATA, sizeof env);
    cr_assert_eq(env.fsw, 0xffff3000);
    cr_assert_arr_eq(env.st[0], one, 10, "ST(0) comes first, whatever TOP is");
    cr_assert_eq(env.st[1][7], 0);
    cr_assert_eq(fpu()->fsw, 0);
    cr_assert_eq(fpu()->ftw, 0);
    cr_assert_eq(fpu()->fcw, 0x37f);
    cr_assert_eq(fpu()->fip, 0);
}

static void save_and_restore(const uint8_t *code, size_t n) {
    guest_code(&g, code, n);
    cr_assert_eq(guest_run(&g, 100), EXIT_EXCEPTION);
    cr_assert_eq(g.cpu->exception.vector, EXCEPTION_UD);
    cr_assert_eq(fpu()->fsw, 0x2800);
    cr_assert_eq(fpu()->ftw, 0xe0);
    cr_assert_eq(fpu()->st[7].se, 0x3fff);
    cr_assert_eq(fpu()->st[6].mantissa, 0);
    cr_assert_eq(fpu()->st[5].mantissa, 0xc90fdaa22168c235);
}

Test(x87_environment, frstor_undoes_fnsave_32) {
    const uint8_t code[] = {0xd9, 0xe8, 0xd9, 0xee, 0xd9, 0xeb, 0xdd,
                            0x37, 0xd9, 0xe8, 0xdd, 0x27, 0x0f, 0x0b};
    save_and_restore(code, sizeof code);
}

Test(x87_environment, frstor_undoes_fnsave_16) {
    const uint8_t code[] = {0xd9, 0xe8, 0xd9, 0xee, 0xd9, 0xeb, 0x66, 0xdd,
                            0x37, 0xd9, 0xe8, 0x66, 0xdd, 0x27, 0x0f, 0x0b};
    save_and_restore(code, sizeof code);
}

Test(x87_environment, fnsave_across_a_bad_page_changes_nothing) {
    const uint8_t code[] = {0xd9, 0xe8, 0xdd, 0x37};
    uint8_t before = 0x77;
    REG(&g, RDI) = DATA + DATA_SIZE - 100;
    space_poke(g.space, DATA + DATA_SIZE - 100, &before, 1);
    guest_code(&g, code, sizeof code);
    cr_assert_eq(guest_run(&g, 100), EXIT_EXCEPTION);
    cr_assert_eq(g.cpu->exception.vector, EXCEPTION_PF);
    cr_assert_eq(g.cpu->exception.fault.gva, DATA + DATA_SIZE);
    space_peek(g.space, &before, DATA + DATA_SIZE - 100, 1);
    cr_assert_eq(before, 0x77);
    cr_assert_eq(fpu()->fsw, 0x3800);
}
