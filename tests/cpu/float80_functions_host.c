/* SPDX-License-Identifier: ISC */
/* Transcendental functions against the host's x87: at most one unit in the last place apart, the
 * same exception flags (the host reports PE for exact logarithms too). Both reduce arguments by the
 * 66-bit pi. */
#include "cpu/float80/float80.h"
#include "tests/cpu/float80_host.h"
#include "tests/cpu/float80_operands.h"

#include <criterion/criterion.h>

HOST_X87(host_sin, "fsin")
HOST_X87(host_cos, "fcos")
HOST_X87(host_tan, "fptan\n\tfstp %%st(0)")
HOST_X87(host_2xm1, "f2xm1")
HOST_X87(host_yl2x, "fyl2x")
HOST_X87(host_yl2xp1, "fyl2xp1")
HOST_X87(host_atan, "fpatan")

typedef struct float80 soft_fn(struct float80_env *env, struct float80 st0, struct float80 st1);

static struct float80 soft_sin(struct float80_env *env, struct float80 st0, struct float80 st1) {
    bool out_of_range;
    return float80_sin(env, st0, &out_of_range);
}

static struct float80 soft_cos(struct float80_env *env, struct float80 st0, struct float80 st1) {
    bool out_of_range;
    return float80_cos(env, st0, &out_of_range);
}

static struct float80 soft_tan(struct float80_env *env, struct float80 st0, struct float80 st1) {
    bool out_of_range;
    return float80_tan(env, st0, &out_of_range);
}

static struct float80 soft_2xm1(struct float80_env *env, struct float80 st0, struct float80 st1) {
    return float80_2xm1(env, st0);
}

static struct float80 soft_yl2x(struct float80_env *env, struct float80 st0, struct float80 st1) {
    return float80_yl2x(env, st1, st0);
}

static struct float80 soft_yl2xp1(struct float80_env *env, struct float80 st0, struct float80 st1) {
    return float80_yl2xp1(env, st1, st0);
}

static struct float80 soft_atan(struct float80_env *env, struct float80 st0, struct float80 st1) {
    return float80_atan(env, st1, st0);
}

/* Units in the last place between two numbers of one sign. */
static bool close_to(struct float80 a, struct float80 b) {
    if ((a.se ^ b.se) & FLOAT80_SIGN) return false;
    if (a.se == b.se) return a.mantissa - b.mantissa + 1 <= 2;
    const struct float80 low = a.se < b.se ? a : b, high = a.se < b.se ? b : a;
    return high.se - low.se == 1 && high.mantissa == FLOAT80_INTEGER_BIT &&
           low.mantissa >= ~0ull - (float80_exp(low) ? 0 : ~0ull >> 1);
}

/* exp_max: the largest exponent in the function's range. */
static void check(const char *name, host_fn *host, soft_fn *soft, unsigned exp_max) {
    struct rng rng;
    rng_init(&rng, 83);
    for (long i = sweep_count(40000); i > 0; i--) {
        struct float80 a = random_float80(&rng);
        const struct float80 b = random_near(&rng, a);
        const uint16_t fcw = random_fcw(&rng) | 0x3f;
        struct host_x87 theirs;
        struct host_memory memory;
        if (float80_exp(a) > exp_max && float80_exp(a) != FLOAT80_EXP_MAX)
            a.se = (uint16_t)((a.se & FLOAT80_SIGN) | (exp_max - rng_below(&rng, 64)));
        struct float80_env env = float80_env_of(fcw);
        const struct float80 ours = soft(&env, a, b);
        host_run_x87(host, &theirs, a, b, fcw, &memory);
        const struct float80 st0 = float80_of_bytes(theirs.st[0]);
        const unsigned mask = env.raised & FLOAT80_PE ? 0x3f : 0x0f; /* exact: no UE either */
        cr_assert(
            close_to(ours, st0) && !((env.raised ^ theirs.fsw) & mask),
            "%s %04x:%016llx %04x:%016llx fcw %04x: %04x:%016llx %02x, host %04x:%016llx %02x",
            name, a.se, (unsigned long long)a.mantissa, b.se, (unsigned long long)b.mantissa, fcw,
            ours.se, (unsigned long long)ours.mantissa, env.raised & 0x3f, st0.se,
            (unsigned long long)st0.mantissa, theirs.fsw & 0x3f);
    }
}

#define FUNCTION_TEST(name, exp_max)                                                               \
    Test(float80_functions, name) {                                                                \
        check(#name, host_##name, soft_##name, exp_max);                                           \
    }

FUNCTION_TEST(sin, 0x3fff + 62)
FUNCTION_TEST(cos, 0x3fff + 62)
FUNCTION_TEST(tan, 0x3fff + 62)
FUNCTION_TEST(2xm1, 0x3ffe)
FUNCTION_TEST(yl2x, 0x7ffe)
FUNCTION_TEST(yl2xp1, 0x3ffc)
FUNCTION_TEST(atan, 0x7ffe)
