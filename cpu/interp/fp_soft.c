/* SPDX-License-Identifier: ISC */
/* Fused multiply-add in integer arithmetic, exact in every rounding mode, with DAZ, FTZ and all six exceptions. Signs,
 * exponents and significands are worked on in one form for both formats; the result of a NaN operand is left to the
 * caller, who knows x86's order. Tininess is detected after rounding. */
#include "cpu/interp/fp_fused.h"

#include "cpu/interp/fp_round.h"

typedef unsigned __int128 wide;

struct format {
    int mantissa, bias;
};
static const struct format single_format = {FP_MANTISSA32, FP_BIAS32}, double_format = {FP_MANTISSA64, FP_BIAS64};

enum kind { KIND_ZERO, KIND_FINITE, KIND_INFINITY, KIND_NAN };

/* value = significand * 2^exponent */
struct number {
    enum kind kind;
    bool negative;
    int exponent;
    wide significand;
};

static struct number unpack(uint64_t bits, const struct format *f, uint32_t control, uint32_t *flags) {
    const uint64_t fraction = bits & ((1ull << f->mantissa) - 1);
    const int field = (int)(bits >> f->mantissa) & (2 * f->bias + 1);
    struct number r = {.kind = KIND_FINITE, .negative = bits >> (f->mantissa + (f->bias == FP_BIAS64 ? 11 : 8)) & 1};
    r.exponent = (field ? field : 1) - f->bias - f->mantissa;
    r.significand = field ? fraction | 1ull << f->mantissa : fraction;
    if (field == 2 * f->bias + 1) {
        r.kind = fraction ? KIND_NAN : KIND_INFINITY;
        if (fraction && !(fraction >> (f->mantissa - 1))) *flags |= MXCSR_IE;
    } else if (r.significand == 0) {
        r.kind = KIND_ZERO;
    } else if (!field && control & MXCSR_DAZ) {
        r.kind = KIND_ZERO;
    } else if (!field) {
        *flags |= MXCSR_DE;
    }
    return r;
}

static int top_bit(wide x) {
    const uint64_t high = (uint64_t)(x >> 64);
    return high ? 127 - __builtin_clzll(high) : 63 - __builtin_clzll((uint64_t)x);
}

/* x >> shift, with everything shifted out or-ed into the last bit. */
static wide shift_sticky(wide x, int shift) {
    if (shift <= 0) return x << -shift;
    if (shift > 127) return x != 0;
    return x >> shift | ((x & (((wide)1 << shift) - 1)) != 0);
}

static enum rounding rounding_of(uint32_t control) {
    return (enum rounding)((control & MXCSR_RC) >> MXCSR_RC_SHIFT);
}

static uint64_t overflow(const struct number *n, const struct format *f, enum rounding rounding) {
    const bool to_infinity = rounding == ROUND_NEAREST || rounding == (n->negative ? ROUND_DOWN : ROUND_UP);
    return ((uint64_t)(2 * f->bias + 1) << f->mantissa) - !to_infinity;
}

/* Rounds a finite number to `keep` bits below its point at 2^lowest. */
static uint64_t round_at(const struct number *n, int lowest, enum rounding rounding, bool *inexact) {
    const wide scaled = shift_sticky(n->significand, lowest - n->exponent - 2); /* two bits left: half and sticky */
    const enum fp_part part = fp_part_of((uint64_t)scaled & 3, 2);
    const uint64_t kept = (uint64_t)(scaled >> 2);
    *inexact = part != PART_NONE;
    return kept + fp_rounds_up(rounding, n->negative, kept & 1, part);
}

/* Bits of a finite non-zero number, without its sign. */
static uint64_t pack(const struct number *n, const struct format *f, uint32_t control, uint32_t *flags) {
    const enum rounding rounding = rounding_of(control);
    const int lowest_normal = top_bit(n->significand) + n->exponent - f->mantissa, lowest = 1 - f->bias - f->mantissa;
    bool inexact, tiny = lowest_normal < lowest;
    const uint64_t full = round_at(n, lowest_normal, rounding, &inexact);
    if (lowest_normal == lowest - 1 && full >> (f->mantissa + 1)) tiny = false;
    if (tiny && control & MXCSR_FTZ) {
        *flags |= MXCSR_UE | MXCSR_PE;
        return 0;
    }
    uint64_t r = full + ((uint64_t)(int64_t)(lowest_normal - lowest) << f->mantissa);
    if (lowest_normal < lowest) r = round_at(n, lowest, rounding, &inexact);
    if (lowest_normal - lowest >= 2 * f->bias || r >> f->mantissa > 2 * (uint64_t)f->bias) {
        *flags |= MXCSR_OE | MXCSR_PE;
        return overflow(n, f, rounding);
    }
    if (inexact) *flags |= tiny ? MXCSR_PE | MXCSR_UE : MXCSR_PE;
    return r;
}

/* Both finite, either may be zero. The product's significand has at most 106 bits; the sum is taken at the exponent of the
 * larger operand less what fits in the word, so that all that is lost is sticky. */
static struct number add(struct number a, struct number b, enum rounding rounding) {
    if (a.significand == 0 || (b.significand && top_bit(a.significand) + a.exponent < top_bit(b.significand) + b.exponent)) {
        const struct number swap = a;
        a = b;
        b = swap;
    }
    if (a.significand == 0) {
        a.negative = a.negative == b.negative ? a.negative : rounding == ROUND_DOWN;
        return a;
    }
    if (b.significand == 0) return a;
    const int up = 125 - top_bit(a.significand);
    a.significand <<= up;
    a.exponent -= up;
    const wide other = shift_sticky(b.significand, a.exponent - b.exponent);
    if (a.negative == b.negative) {
        a.significand += other;
    } else if (a.significand >= other) {
        a.significand -= other;
    } else {
        a.significand = other - a.significand;
        a.negative = b.negative;
    }
    if (a.significand == 0) a.negative = rounding == ROUND_DOWN;
    return a;
}

static uint64_t fused(uint64_t xb, uint64_t yb, uint64_t zb, const struct format *f, uint64_t sign_bit) {
    const uint32_t control = fp_control();
    const uint64_t infinity = (uint64_t)(2 * f->bias + 1) << f->mantissa, nan = infinity | 1ull << (f->mantissa - 1);
    uint32_t flags = 0;
    const struct number x = unpack(xb, f, control, &flags), y = unpack(yb, f, control, &flags),
                        z = unpack(zb, f, control, &flags);
    struct number r = {.kind = KIND_FINITE, .negative = x.negative != y.negative};
    uint64_t bits = nan;
    const bool any_nan = x.kind == KIND_NAN || y.kind == KIND_NAN || z.kind == KIND_NAN;
    const bool infinite = x.kind == KIND_INFINITY || y.kind == KIND_INFINITY;
    const bool zero = x.kind == KIND_ZERO || y.kind == KIND_ZERO;
    if (x.kind == KIND_NAN || y.kind == KIND_NAN) {
        flags &= MXCSR_IE;
    } else if (infinite && zero) {
        flags = (flags & MXCSR_IE) | MXCSR_IE;
    } else if (any_nan) {
        flags &= MXCSR_IE;
    } else if (infinite || z.kind == KIND_INFINITY) {
        if (infinite && z.kind == KIND_INFINITY && z.negative != r.negative)
            flags = MXCSR_IE;
        else
            bits = infinity | ((infinite ? r.negative : z.negative) ? sign_bit : 0);
    } else {
        struct number addend = z;
        if (!zero) r.significand = x.significand * y.significand;
        r.exponent = x.exponent + y.exponent;
        if (z.kind == KIND_ZERO) addend.significand = 0;
        r = add(r, addend, rounding_of(control));
        bits = r.significand ? pack(&r, f, control, &flags) : 0;
        if (r.negative) bits |= sign_bit;
    }
    if (flags) fp_raise(flags);
    return bits;
}

float fp_soft_fused32(float x, float y, float z) {
    return fp_real32((uint32_t)fused(fp_bits32(x), fp_bits32(y), fp_bits32(z), &single_format, FP_SIGN32));
}

double fp_soft_fused64(double x, double y, double z) {
    return fp_real64(fused(fp_bits64(x), fp_bits64(y), fp_bits64(z), &double_format, FP_SIGN64));
}
