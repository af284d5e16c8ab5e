/* SPDX-License-Identifier: ISC */
/* Square root: integer roots of doubling width, each from the one before by one division. Source:
 * SDM 2 FSQRT. */
#include "cpu/float80/round.h"

/* Root of n in [2^14, 2^16), rounded down. */
static uint32_t root16(uint32_t n) {
    uint32_t root = 0;
    for (uint32_t bit = 1u << 7; bit; bit >>= 1) {
        if ((root | bit) * (root | bit) <= n) root |= bit;
    }
    return root;
}

/* Root of n in [2^62, 2^64), rounded down. */
static uint64_t root64(uint64_t n) {
    uint64_t root = root16((uint32_t)(n >> 48));
    /* 8 -> 16 -> 32 bits: root' = (root + n / root) / 2 doubles the good bits; the last step is
     * made exact. */
    root = ((root << 8) + (n >> 32) / (root << 8) + 1) / 2;
    root = ((root << 16) + n / (root << 16) + 1) / 2;
    if (root > 0xffffffffu) root = 0xffffffffu;
    while (root * root > n) root--;
    while (root < 0xffffffffu && (root + 1) * (root + 1) <= n) root++;
    return root;
}

/* Root of n in [2^126, 2^128), rounded down. */
static uint64_t root128(uint128 n) {
    const uint64_t high = (uint64_t)(n >> 64), root_high = root64(high);
    const uint128 rest = (uint128)(high - root_high * root_high) << 32 | (uint32_t)(n >> 32);
    uint128 root = ((uint128)root_high << 32) + rest / (2 * root_high);
    if (root >> 64) root = ~0ull;
    while (root * root > n) root--;
    return (uint64_t)root;
}

static struct float80 sqrt_unpacked(struct float80_env *env, struct unpacked a) {
    const int32_t power = a.exp - FLOAT80_BIAS;
    const uint128 n = (uint128)a.mantissa << (power & 1 ? 64 : 63);
    const uint64_t root = root128(n);
    const uint128 rest = n - (uint128)root * root;
    const uint64_t half = 1ull << 63;
    const uint64_t lo = rest == 0 ? 0 : rest <= root ? 1 : half + 1;
    return float80_round(env, 0, (power >> 1) + FLOAT80_BIAS, root, lo);
}

struct float80 float80_sqrt(struct float80_env *env, struct float80 a) {
    struct float80 nan;
    if (LIKELY(float80_is_normal(a) && !float80_sign(a)))
        return sqrt_unpacked(env, float80_unpack(a));
    if (float80_nan1(env, a, &nan)) return nan;
    const enum float80_class class = float80_classify(a);
    if (class == FLOAT80_CLASS_ZERO) return a;
    if (float80_sign(a)) return float80_invalid(env);
    if (class == FLOAT80_CLASS_INFINITY) return a;
    if (float80_raise(env, FLOAT80_DE)) return a;
    return sqrt_unpacked(env, float80_unpack(a));
}
