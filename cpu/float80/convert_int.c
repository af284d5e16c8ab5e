/* SPDX-License-Identifier: ISC */
/* Conversions from and to integers and packed decimal. Source: SDM 2 FILD, FIST, FBLD, FBSTP. */
#include "cpu/float80/round.h"

enum { BCD_DIGITS = 18 };
#define BCD_LIMIT 1000000000000000000ull /* 10^18 */

struct float80 float80_from_int(int64_t value) {
    if (value == 0) return float80_zero(0);
    const uint64_t magnitude = value < 0 ? -(uint64_t)value : (uint64_t)value;
    const int shift = __builtin_clzll(magnitude);
    return float80_make(value < 0, (unsigned)(FLOAT80_BIAS + 63 - shift), magnitude << shift);
}

/* |a| rounded to an integer; false when a is no number or that has more than 64 bits. Raises PE on
 * the way. */
static bool to_magnitude(struct float80_env *env, struct float80 a, uint64_t *out) {
    if (float80_classify(a) >= FLOAT80_CLASS_INFINITY) return false;
    *out = 0;
    if (a.mantissa == 0) return true;
    const struct unpacked u = float80_unpack(a);
    const int32_t n = FLOAT80_BIAS + 63 - u.exp; /* places below the binary point */
    if (n < 0) return false;
    const uint128 shifted = shift_right_jam((uint128)u.mantissa << 64, (unsigned)n);
    const uint64_t whole = (uint64_t)(shifted >> 64), rest = (uint64_t)shifted;
    const bool up = float80_rounds_up(env->rounding, u.sign, whole & 1, rest);
    if (rest) env->raised |= FLOAT80_PE;
    if (up) env->raised |= FLOAT80_C1;
    *out = whole + up;
    return *out != 0 || whole == 0;
}

/* Nothing but IE is reported of a conversion that is out of range. */
static void raise_only_invalid(struct float80_env *env) {
    env->raised = (uint16_t)((env->raised & ~(FLOAT80_PE | FLOAT80_C1)) | FLOAT80_IE);
}

int64_t float80_to_int(struct float80_env *env, struct float80 a, unsigned bits) {
    const uint64_t limit = 1ull << (bits - 1);
    uint64_t magnitude;
    const bool negative = float80_sign(a);
    if (!to_magnitude(env, a, &magnitude) || magnitude > limit - !negative) {
        raise_only_invalid(env);
        return -(int64_t)(limit - 1) - 1;
    }
    return (int64_t)(negative ? -magnitude : magnitude);
}

struct float80 float80_from_bcd(const uint8_t bcd[10]) {
    uint64_t value = 0;
    for (int i = BCD_DIGITS / 2 - 1; i >= 0; i--)
        value = value * 100 + (bcd[i] >> 4) * 10u + (bcd[i] & 15);
    struct float80 out = float80_from_int((int64_t)value);
    out.se |= (uint16_t)((bcd[9] & 0x80) << 8);
    return out;
}

void float80_to_bcd(struct float80_env *env, struct float80 a, uint8_t bcd[10]) {
    uint64_t magnitude;
    if (!to_magnitude(env, a, &magnitude) || magnitude >= BCD_LIMIT) {
        raise_only_invalid(env);
        for (int i = 0; i < 10; i++) bcd[i] = i < 7 ? 0 : i == 7 ? 0xc0 : 0xff;
        return;
    }
    for (int i = 0; i < BCD_DIGITS / 2; i++, magnitude /= 100)
        bcd[i] = (uint8_t)((magnitude / 10 % 10) << 4 | magnitude % 10);
    bcd[9] = (uint8_t)(float80_sign(a) << 7);
}
