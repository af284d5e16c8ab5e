/* SPDX-License-Identifier: ISC */
/* The integer implementation of fused multiply-add against the host's, bits and exceptions, in every rounding mode, with and
 * without DAZ and FTZ. NaN operands are left out: their choice is the caller's. */
#include "cpu/interp/fp.h"
#include "cpu/interp/fp_bits.h"
#include "cpu/interp/fp_fused.h"
#include "cpu/interp/fp_host.h"
#include "tests/support/rng.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static uint64_t pick64(struct rng *rng) {
    static const uint64_t edge[] = {0, 1, 0x000fffffffffffff, 0x0010000000000000, 0x3ff0000000000000, 0x7fefffffffffffff,
                                    0x7ff0000000000000, 0x0010000000000001, 0x3cb0000000000000, 0x3ca0000000000000};
    const uint64_t sign = rng_next(rng) & FP_SIGN64;
    switch (rng_below(rng, 4)) {
    case 0: return edge[rng_below(rng, sizeof edge / sizeof *edge)] | sign;
    case 1: return ((rng_next(rng) & 0x000fffffffffffff) | (0x3d0 + rng_below(rng, 96)) << 52) | sign;
    case 2: return ((rng_next(rng) & 0x000ff00000000000) | (0x1c0 + rng_below(rng, 96)) << 52) | sign;
    default: return rng_next(rng);
    }
}

static uint32_t pick32(struct rng *rng) {
    static const uint32_t edge[] = {0, 1, 0x007fffff, 0x00800000, 0x3f800000, 0x7f7fffff, 0x7f800000, 0x00800001, 0x34000000};
    const uint32_t sign = (uint32_t)rng_next(rng) & FP_SIGN32;
    switch (rng_below(rng, 4)) {
    case 0: return edge[rng_below(rng, sizeof edge / sizeof *edge)] | sign;
    case 1: return (uint32_t)((rng_next(rng) & 0x007fffff) | (0x60 + rng_below(rng, 64)) << 23) | sign;
    case 2: return (uint32_t)((rng_next(rng) & 0x007ff000) | (0x20 + rng_below(rng, 64)) << 23) | sign;
    default: return (uint32_t)rng_next(rng);
    }
}

static unsigned rounds(void) {
    const char *sweep = getenv("LOCKSTEP_SWEEP");
    return sweep ? (unsigned)atoi(sweep) : 300000;
}

/* Runs both with the same control bits; false when the host cannot do it. */
#define COMPARE(W, real) \
    static void compare##W(struct rng *rng) { \
        const uint##W##_t x = pick##W(rng), y = pick##W(rng), z = pick##W(rng); \
        if (fp_is_nan##W(x) || fp_is_nan##W(y) || fp_is_nan##W(z)) return; \
        const uint32_t control = (uint32_t)rng_below(rng, 4) << MXCSR_RC_SHIFT | \
                                 (rng_below(rng, 4) ? 0 : (uint32_t)rng_next(rng) & (MXCSR_DAZ | MXCSR_FTZ)); \
        fp_host_set(control); \
        const uint##W##_t theirs = fp_bits##W(fp_fused##W(fp_real##W(x), fp_real##W(y), fp_real##W(z))); \
        const uint32_t their_flags = fp_host_get(); \
        fp_host_set(control); \
        const uint##W##_t ours = fp_bits##W(fp_soft_fused##W(fp_real##W(x), fp_real##W(y), fp_real##W(z))); \
        const uint32_t our_flags = fp_host_get(); \
        fp_host_set(MXCSR_DEFAULT); \
        if (fp_is_nan##W(ours) && fp_is_nan##W(theirs)) return; \
        cr_assert(ours == theirs && our_flags == their_flags, "%llx * %llx + %llx, control %x: %llx %x, host %llx %x", \
                  (unsigned long long)x, (unsigned long long)y, (unsigned long long)z, control, (unsigned long long)ours, \
                  our_flags, (unsigned long long)theirs, their_flags); \
    }
COMPARE(32, float)
COMPARE(64, double)

Test(vec_fused_host, single) {
    struct rng rng;
    rng_init(&rng, 32);
    if (!__builtin_cpu_supports("fma")) return;
    for (unsigned i = 0; i < rounds(); i++) compare32(&rng);
}

Test(vec_fused_host, double_precision) {
    struct rng rng;
    rng_init(&rng, 64);
    if (!__builtin_cpu_supports("fma")) return;
    for (unsigned i = 0; i < rounds(); i++) compare64(&rng);
}
