/* SPDX-License-Identifier: ISC */
/* Arithmetic with 128 bits of significand. See wide.h. */
#include "cpu/float80/wide.h"

static int leading_zeros(uint128 x) {
    const uint64_t top = (uint64_t)(x >> 64);
    return top ? __builtin_clzll(top) : 64 + __builtin_clzll((uint64_t)x);
}

struct wide wide_of_integer(unsigned sign, uint128 n, int32_t scale) {
    const int shift = leading_zeros(n);
    return (struct wide){sign, 127 - shift - scale, n << shift};
}

struct wide wide_of_unpacked(struct unpacked a) {
    return (struct wide){a.sign, a.exp - FLOAT80_BIAS, (uint128)a.mantissa << 64};
}

struct wide wide_add(struct wide a, struct wide b) {
    if (b.m == 0) return a;
    if (a.m == 0) return b;
    if (a.exp < b.exp || (a.exp == b.exp && a.m < b.m)) {
        const struct wide t = a;
        a = b;
        b = t;
    }
    const uint128 small = shift_right_jam(b.m, (unsigned)(a.exp - b.exp));
    if (a.sign != b.sign) {
        a.m -= small;
        if (a.m == 0) return a;
        const int shift = leading_zeros(a.m);
        return (struct wide){a.sign, a.exp - shift, a.m << shift};
    }
    a.m += small;
    if (a.m >= small) return a;
    return (struct wide){a.sign, a.exp + 1, a.m >> 1 | F1_ONE};
}

struct wide wide_mul(struct wide a, struct wide b) {
    const uint128 product = mul_high(a.m, b.m);
    const bool carried = product >> 127;
    return (struct wide){a.sign ^ b.sign, a.exp + b.exp + carried,
                         carried ? product : product << 1};
}

struct wide wide_scale(struct wide a, uint128 f1) {
    const int shift = leading_zeros(f1);
    return wide_mul(a, (struct wide){0, -shift, f1 << shift});
}

/* One 64-bit digit of n / d, n < d, d normalized; leaves the rest in *n. */
static uint64_t divide_digit(uint128 *n, uint128 d) {
    const uint64_t high = (uint64_t)(d >> 64), low = (uint64_t)d;
    uint128 digit = *n / high;
    if (digit >> 64) digit = ~0ull;
    uint128 rest = *n - digit * high;
    while (!(rest >> 64) && digit * low > rest << 64) {
        digit--;
        rest += high;
    }
    *n = (rest << 64) - digit * low;
    return (uint64_t)digit;
}

struct wide wide_div(struct wide a, struct wide b) {
    const bool less = a.m < b.m;
    uint128 n = less ? a.m : a.m - b.m;
    const uint64_t high = divide_digit(&n, b.m), low = divide_digit(&n, b.m);
    const uint128 quotient = U128(high, low); /* without the leading 1 of a quotient in [1, 2) */
    const struct wide out = {a.sign ^ b.sign, a.exp - b.exp, quotient >> 1 | F1_ONE};
    if (!less) return out;
    const int shift = leading_zeros(quotient);
    return (struct wide){out.sign, out.exp - 1 - shift, quotient << shift};
}

uint128 wide_to_f0(struct wide a) {
    const int32_t shift = -1 - a.exp;
    return shift > 127 ? 0 : a.m >> shift;
}

uint128 wide_square_f0(struct wide a) {
    const int32_t shift = -2 - 2 * a.exp;
    return shift > 127 ? 0 : mul_high(a.m, a.m) >> shift;
}

struct float80 wide_round(struct float80_env *env, struct wide a, bool exact) {
    return float80_round_full(env, a.sign, a.exp + FLOAT80_BIAS, (uint64_t)(a.m >> 64),
                              (uint64_t)a.m | !exact);
}

uint128 series_add(const uint128 *c, int n, uint128 z) {
    uint128 sum = c[n - 1];
    for (int k = n - 2; k >= 0; k--) sum = c[k] + mul_high(z, sum);
    return sum;
}

uint128 series_alternate(const uint128 *c, int n, uint128 z) {
    uint128 sum = c[n - 1];
    for (int k = n - 2; k >= 0; k--) sum = c[k] - mul_high(z, sum);
    return sum;
}
