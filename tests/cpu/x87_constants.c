/* SPDX-License-Identifier: ISC */
/* The constants are kept to 67 bits and rounded by RC; precision control has no effect. Source: SDM
 * 1 8.3.2, SDM 2 FLD1/FLDL2T/FLDL2E/FLDPI/FLDLG2/FLDLN2/FLDZ. */
#include "tests/cpu/guest.h"

#include <criterion/criterion.h>

static struct guest g;

static void setup(void) {
    guest_init(&g);
}

static void teardown(void) {
    guest_fini(&g);
}

TestSuite(x87_constants, .init = setup, .fini = teardown);

/* The significand's last byte by RC: nearest, down, up, to zero. */
static const struct row {
    uint8_t modrm;
    uint16_t exp;
    uint64_t mantissa; /* without the last byte */
    uint8_t last[4];
} rows[] = {
    {0xe8, 0x3fff, 0x8000000000000000, {0x00, 0x00, 0x00, 0x00}},
    {0xe9, 0x4000, 0xd49a784bcd1b8a00, {0xfe, 0xfe, 0xff, 0xfe}},
    {0xea, 0x3fff, 0xb8aa3b295c17f000, {0xbc, 0xbb, 0xbc, 0xbb}},
    {0xeb, 0x4000, 0xc90fdaa22168c200, {0x35, 0x34, 0x35, 0x34}},
    {0xec, 0x3ffd, 0x9a209a84fbcff700, {0x99, 0x98, 0x99, 0x98}},
    {0xed, 0x3ffe, 0xb17217f7d1cf7900, {0xac, 0xab, 0xac, 0xab}},
    {0xee, 0x0000, 0x0000000000000000, {0x00, 0x00, 0x00, 0x00}},
};

Test(x87_constants, rounded_by_rc) {
    struct x87 *f = &g.cpu->state.x87;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (unsigned rc = 0; rc < 4; rc++) {
            f->fcw = (uint16_t)(0x7f | rc << 10); /* precision 24 */
            f->fsw = 0x0200;
            f->ftw = 0;
            GUEST_RUN(&g, 0xd9, rows[i].modrm);
            cr_assert_eq(f->st[7].se, rows[i].exp);
            cr_assert_eq(f->st[7].mantissa, rows[i].mantissa | rows[i].last[rc], "%02x rc %u",
                         rows[i].modrm, rc);
            cr_assert_eq(f->fsw, 0x3800, "no flags, C1 cleared");
        }
    }
}
