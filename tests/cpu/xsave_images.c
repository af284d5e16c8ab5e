/* SPDX-License-Identifier: ISC */
/* The images for signal frames: what is written comes back, whatever a guest made of the image in
 * between is refused or harmless. */
#include "cpu/xsave.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct cpu_state *state_new(unsigned seed) {
    struct cpu_state *s = aligned_alloc(32, sizeof *s);
    memset(s, 0, sizeof *s);
    s->mxcsr = 0x1fa5;
    s->x87 = (struct x87){
        .fcw = 0x27f, .fsw = 0x2a20, .fop = 0x123, .ftw = 0xe0, .fip = 0x7fff12345678, .fdp = 0x55};
    for (unsigned i = 0; i < 8; i++)
        s->x87.st[i] = (struct float80){0x8000000000000000 + i * seed, (uint16_t)(0x3fff + i)};
    for (unsigned i = 0; i < 64; i++)
        s->ymm[i / 4].u64[i % 4] = (i + 1) * 0x0123456789abcdefull * seed;
    return s;
}

static void assert_same(const struct cpu_state *a, const struct cpu_state *b, bool upper) {
    cr_assert_eq(a->mxcsr, b->mxcsr);
    cr_assert_eq(a->x87.fcw, b->x87.fcw);
    cr_assert_eq(a->x87.fsw, b->x87.fsw);
    cr_assert_eq(a->x87.ftw, b->x87.ftw);
    cr_assert_eq(a->x87.fop, b->x87.fop);
    cr_assert_eq(a->x87.fip, b->x87.fip);
    cr_assert_eq(a->x87.fdp, b->x87.fdp);
    for (unsigned i = 0; i < 8; i++) {
        cr_assert_eq(a->x87.st[i].mantissa, b->x87.st[i].mantissa);
        cr_assert_eq(a->x87.st[i].se, b->x87.st[i].se);
    }
    for (unsigned i = 0; i < 16; i++) cr_assert_arr_eq(&a->ymm[i], &b->ymm[i], upper ? 32 : 16);
}

Test(xsave_images, round_trip) {
    struct cpu_state *a = state_new(3), *b = state_new(5);
    uint8_t image[XSAVE_SIZE];
    xsave_write(a, image);
    cr_assert(xsave_read(b, image));
    assert_same(a, b, true);
    free(a);
    free(b);
}

Test(xsave_images, legacy_round_trip_keeps_upper_halves) {
    struct cpu_state *a = state_new(3), *b = state_new(5);
    const uint64_t upper = b->ymm[7].u64[3];
    uint8_t image[FXSAVE_SIZE];
    memset(image, 0xcc, sizeof image);
    fxsave_write(a, image);
    for (unsigned i = 416; i < FXSAVE_SIZE; i++) cr_assert_eq(image[i], 0xcc);
    cr_assert(fxsave_read(b, image));
    assert_same(a, b, false);
    cr_assert_eq(b->ymm[7].u64[3], upper);
    free(a);
    free(b);
}

Test(xsave_images, absent_parts_are_initialized) {
    struct cpu_state *a = state_new(3);
    uint8_t image[XSAVE_SIZE];
    xsave_write(a, image);
    image[XSAVE_AT_XSTATE_BV] = 0;
    cr_assert(xsave_read(a, image));
    cr_assert_eq(a->x87.fcw, 0x37f);
    cr_assert_eq(a->x87.ftw, 0);
    cr_assert_eq(xsave_in_use(a), XCR0_SSE, "only MXCSR is not what it begins with");
    cr_assert_eq(a->mxcsr, 0x1fa5);
    free(a);
}

static void assert_refused(unsigned at, uint8_t value) {
    struct cpu_state *a = state_new(3), *b = state_new(5), *before = state_new(5);
    uint8_t image[XSAVE_SIZE];
    xsave_write(a, image);
    image[at] = value;
    cr_assert_not(xsave_read(b, image), "byte %u", at);
    cr_assert_arr_eq(b, before, sizeof *b, "state unchanged");
    free(a);
    free(b);
    free(before);
}

Test(xsave_images, bad_ones_are_refused) {
    assert_refused(XSAVE_AT_MXCSR + 2, 1);
    assert_refused(XSAVE_AT_XSTATE_BV, 0x0f);
    assert_refused(XSAVE_AT_XSTATE_BV + 7, 0x80);
    assert_refused(XSAVE_AT_XCOMP_BV, 1);
    assert_refused(XSAVE_AT_XCOMP_BV + 7, 0x80);
    assert_refused(XSAVE_AT_XCOMP_BV + 8, 1);
    assert_refused(XSAVE_AT_XSTATE_BV + 63, 1);
}

Test(xsave_images, reserved_control_bits_are_dropped) {
    struct cpu_state *a = state_new(3);
    uint8_t image[XSAVE_SIZE];
    xsave_write(a, image);
    memset(image, 0xff, 4);
    cr_assert(xsave_read(a, image));
    cr_assert_eq(a->x87.fcw, 0x1f7f);
    cr_assert_eq(a->x87.fsw, 0x7f7f, "ES and B follow flags and masks");
    free(a);
}
