/* SPDX-License-Identifier: ISC */
/* RCP and RSQRT as docs/model-vector.md defines them: relative error at most 1.5 * 2^-12 (SDM 2 RCPPS, RSQRTPS), and the
 * special operands. Some values are written down, because they are the same on every host. */
#include "cpu/interp/vec.h"

#include <criterion/criterion.h>
#include <math.h>

static float call(vec_fn *fn, float x) {
    union vec d, a = {.u64 = {0}}, b = {.u64 = {0}};
    b.f32[0] = x;
    fn(&d, &a, &b, 0);
    return d.f32[0];
}

static uint32_t call_bits(vec_fn *fn, uint32_t x) {
    union vec d, a = {.u64 = {0}}, b = {.u64 = {0}};
    b.u32[0] = x;
    fn(&d, &a, &b, 0);
    return d.u32[0];
}

Test(vec_reciprocal, error_bound) {
    const double limit = 1.5 / 4096, square_limit = (1 + limit) * (1 + limit) - 1;
    for (uint32_t bits = 0x3f800000; bits < 0x40800000; bits += 13) { /* 1 .. 4: all mantissas, both parities */
        float x;
        memcpy(&x, &bits, 4);
        const double rcp = call(vec_rcpss, x), rsqrt = call(vec_rsqrtss, x), square = rsqrt * rsqrt * x;
        cr_assert_leq(fabs(rcp * x - 1), limit, "rcp %a", x);
        cr_assert(square <= 1 + square_limit && square >= (1 - limit) * (1 - limit), "rsqrt %a", x);
    }
}

Test(vec_reciprocal, range) {
    for (uint32_t exponent = 1; exponent < 253; exponent++) {
        const uint32_t bits = exponent << 23 | 0x200000;
        float x;
        memcpy(&x, &bits, 4);
        const double rsqrt = call(vec_rsqrtss, x);
        cr_expect_leq(fabs((double)call(vec_rcpss, -x) * -x - 1), 1.5 / 4096, "rcp %a", x);
        cr_expect_leq(fabs(rsqrt * rsqrt * x - 1), 3.1 / 4096, "rsqrt %a", x);
    }
}

Test(vec_reciprocal, special_operands) {
    static const uint32_t rcp[][2] = {
        {0, 0x7f800000},          {0x80000000, 0xff800000}, {0x007fffff, 0x7f800000}, {0x807fffff, 0xff800000},
        {0x7f800000, 0},          {0xff800000, 0x80000000}, {0x7f800001, 0x7fc00001}, {0xffc12345, 0xffc12345},
        {0x7f7fffff, 0},          {0x3f800000, 0x3f7ff000}, {0x40400000, 0x3eaaa400},
    };
    static const uint32_t rsqrt[][2] = {
        {0, 0x7f800000},          {0x80000000, 0xff800000}, {0x007fffff, 0x7f800000}, {0x807fffff, 0xff800000},
        {0x7f800000, 0},          {0xff800000, 0xffc00000}, {0x7f800001, 0x7fc00001}, {0xbf800000, 0xffc00000},
        {0x3f800000, 0x3f7ff800}, {0x40800000, 0x3efff800},
    };
    for (size_t i = 0; i < sizeof rcp / sizeof *rcp; i++)
        cr_expect_eq(call_bits(vec_rcpss, rcp[i][0]), rcp[i][1], "rcp %08x: %08x", rcp[i][0], call_bits(vec_rcpss, rcp[i][0]));
    for (size_t i = 0; i < sizeof rsqrt / sizeof *rsqrt; i++)
        cr_expect_eq(call_bits(vec_rsqrtss, rsqrt[i][0]), rsqrt[i][1], "rsqrt %08x: %08x", rsqrt[i][0],
                     call_bits(vec_rsqrtss, rsqrt[i][0]));
}
