/* SPDX-License-Identifier: ISC */
/* The soft float's arithmetic against the host's x87: result, IE DE ZE OE UE PE, C1 and condition
 * code, bit for bit, for random operands of every class, every rounding and precision, masked and
 * unmasked. LOCKSTEP_SWEEP: operands each. */
#include "cpu/float80/float80.h"
#include "tests/cpu/float80_host.h"
#include "tests/cpu/float80_operands.h"

#include <criterion/criterion.h>

enum { FLAGS = 0x3f | 0x200, CC = 0x4500 };

HOST_X87(host_add, "fadd %%st(1), %%st")
HOST_X87(host_sub, "fsub %%st(1), %%st")
HOST_X87(host_mul, "fmul %%st(1), %%st")
HOST_X87(host_div, "fdiv %%st(1), %%st")
HOST_X87(host_sqrt, "fsqrt")
HOST_X87(host_rndint, "frndint")
HOST_X87(host_scale, "fscale")
HOST_X87(host_prem, "fprem")
HOST_X87(host_prem1, "fprem1")
HOST_X87(host_xtract, "fxtract")
HOST_X87(host_com, "fcom %%st(1)")
HOST_X87(host_ucom, "fucom %%st(1)")

struct outcome {
    struct float80 st0, st1;
    unsigned cc;
};

typedef void soft_fn(struct float80_env *env, struct float80 a, struct float80 b,
                     struct outcome *out);

static void soft_add(struct float80_env *env, struct float80 a, struct float80 b,
                     struct outcome *out) {
    out->st0 = float80_add(env, a, b);
}

static void soft_sub(struct float80_env *env, struct float80 a, struct float80 b,
                     struct outcome *out) {
    out->st0 = float80_sub(env, a, b);
}

static void soft_mul(struct float80_env *env, struct float80 a, struct float80 b,
                     struct outcome *out) {
    out->st0 = float80_mul(env, a, b);
}

static void soft_div(struct float80_env *env, struct float80 a, struct float80 b,
                     struct outcome *out) {
    out->st0 = float80_div(env, a, b);
}

static void soft_sqrt(struct float80_env *env, struct float80 a, struct float80 b,
                      struct outcome *out) {
    out->st0 = float80_sqrt(env, a);
}

static void soft_rndint(struct float80_env *env, struct float80 a, struct float80 b,
                        struct outcome *out) {
    out->st0 = float80_round_to_int(env, a);
}

static void soft_scale(struct float80_env *env, struct float80 a, struct float80 b,
                       struct outcome *out) {
    out->st0 = float80_scale(env, a, b);
}

static void soft_xtract(struct float80_env *env, struct float80 a, struct float80 b,
                        struct outcome *out) {
    out->st0 = float80_extract(env, a, &out->st1);
}

static void remainder_outcome(struct float80_env *env, struct float80 a, struct float80 b,
                              bool nearest, struct outcome *out) {
    unsigned q;
    bool partial;
    out->st0 = float80_rem(env, a, b, nearest, &q, &partial);
    if (env->raised & FLOAT80_IE || float80_suppressed(env)) return;
    out->cc = partial ? 0x400 : (q & 4) << 6 | (q & 2) << 13 | (q & 1) << 9;
}

static void soft_prem(struct float80_env *env, struct float80 a, struct float80 b,
                      struct outcome *out) {
    remainder_outcome(env, a, b, false, out);
}

static void soft_prem1(struct float80_env *env, struct float80 a, struct float80 b,
                       struct outcome *out) {
    remainder_outcome(env, a, b, true, out);
}

static void compare_outcome(struct float80_env *env, struct float80 a, struct float80 b, bool quiet,
                            struct outcome *out) {
    static const unsigned cc[] = {0, 0x100, 0x4000, 0x4500};
    out->cc = cc[float80_compare(env, a, b, quiet)];
}

static void soft_com(struct float80_env *env, struct float80 a, struct float80 b,
                     struct outcome *out) {
    compare_outcome(env, a, b, false, out);
}

static void soft_ucom(struct float80_env *env, struct float80 a, struct float80 b,
                      struct outcome *out) {
    compare_outcome(env, a, b, true, out);
}

static bool same(struct float80 a, struct float80 b) {
    return a.se == b.se && a.mantissa == b.mantissa;
}

static void check(const char *name, host_fn *host, soft_fn *soft, bool has_cc, bool pushes) {
    struct rng rng;
    rng_init(&rng, 80);
    for (long i = sweep_count(60000); i > 0; i--) {
        const struct float80 a = random_float80(&rng), b = random_near(&rng, a);
        const uint16_t fcw = random_fcw(&rng);
        struct host_x87 theirs;
        struct host_memory memory;
        struct float80_env env = float80_env_of(fcw);
        struct outcome ours = {a, b, 0};
        host_run_x87(host, &theirs, a, b, fcw, &memory);
        soft(&env, a, b, &ours);
        if (float80_suppressed(&env)) ours.st0 = a;
        const struct float80 st0 = float80_of_bytes(theirs.st[0]),
                             st1 = float80_of_bytes(theirs.st[1]);
        const unsigned flags = theirs.fsw & (FLAGS | (has_cc ? CC : 0));
        const bool agree = same(st0, ours.st0) && flags == (env.raised | ours.cc) &&
                           (!pushes || float80_suppressed(&env) || same(st1, ours.st1));
        cr_assert(
            agree,
            "%s %04x:%016llx %04x:%016llx fcw %04x: %04x:%016llx %04x, host %04x:%016llx %04x",
            name, a.se, (unsigned long long)a.mantissa, b.se, (unsigned long long)b.mantissa, fcw,
            ours.st0.se, (unsigned long long)ours.st0.mantissa, env.raised | ours.cc, st0.se,
            (unsigned long long)st0.mantissa, flags);
    }
}

#define ARITH_TEST(name, has_cc, pushes)                                                           \
    Test(float80_arith, name) {                                                                    \
        check(#name, host_##name, soft_##name, has_cc, pushes);                                    \
    }

ARITH_TEST(add, false, false)
ARITH_TEST(sub, false, false)
ARITH_TEST(mul, false, false)
ARITH_TEST(div, false, false)
ARITH_TEST(sqrt, false, false)
ARITH_TEST(rndint, false, false)
ARITH_TEST(scale, false, false)
ARITH_TEST(xtract, false, true)
ARITH_TEST(prem, true, false)
ARITH_TEST(prem1, true, false)
ARITH_TEST(com, true, false)
ARITH_TEST(ucom, true, false)
