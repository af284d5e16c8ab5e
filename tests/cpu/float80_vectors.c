/* SPDX-License-Identifier: ISC */
/* A fixed sample of a processor's results, so that hosts without an x87 test the soft float too. */
#include "cpu/float80/float80.h"

#include <criterion/criterion.h>

typedef struct float80 operation_fn(struct float80_env *env, struct float80 a, struct float80 b);

static struct float80 operation_add(struct float80_env *env, struct float80 a, struct float80 b) {
    return float80_add(env, a, b);
}

static struct float80 operation_sub(struct float80_env *env, struct float80 a, struct float80 b) {
    return float80_sub(env, a, b);
}

static struct float80 operation_mul(struct float80_env *env, struct float80 a, struct float80 b) {
    return float80_mul(env, a, b);
}

static struct float80 operation_div(struct float80_env *env, struct float80 a, struct float80 b) {
    return float80_div(env, a, b);
}

static struct float80 operation_sqrt(struct float80_env *env, struct float80 a, struct float80 b) {
    return float80_sqrt(env, a);
}

static struct float80 operation_round_to_int(struct float80_env *env, struct float80 a,
                                             struct float80 b) {
    return float80_round_to_int(env, a);
}

static struct float80 operation_scale(struct float80_env *env, struct float80 a, struct float80 b) {
    return float80_scale(env, a, b);
}

static struct float80 remainder_with_code(struct float80_env *env, struct float80 a,
                                          struct float80 b, bool nearest) {
    unsigned q;
    bool partial;
    const struct float80 out = float80_rem(env, a, b, nearest, &q, &partial);
    if (env->raised & FLOAT80_IE || float80_suppressed(env)) return out;
    env->raised |= (uint16_t)(partial ? 0x400 : (q & 4) << 6 | (q & 2) << 13 | (q & 1) << 9);
    return out;
}

static struct float80 operation_rem_truncated(struct float80_env *env, struct float80 a,
                                              struct float80 b) {
    return remainder_with_code(env, a, b, false);
}

static struct float80 operation_rem_nearest(struct float80_env *env, struct float80 a,
                                            struct float80 b) {
    return remainder_with_code(env, a, b, true);
}

static const struct vector {
    const char *name;
    operation_fn *fn;
    uint16_t fcw;
    struct float80 a, b, result;
    uint16_t raised;
} vectors[] = {
#define VECTOR(name, fcw, se_a, a, se_b, b, se_r, r, raised)                                       \
    {#name, operation_##name, fcw, {a, se_a}, {b, se_b}, {r, se_r}, raised},
#include "tests/cpu/float80_vectors.def"
#undef VECTOR
};

Test(float80_vectors, agree) {
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        const struct vector *v = &vectors[i];
        struct float80_env env = float80_env_of(v->fcw);
        const struct float80 out = v->fn(&env, v->a, v->b);
        cr_expect_eq(env.raised, v->raised, "%s %zu: raised %04x", v->name, i, env.raised);
        if (float80_suppressed(&env)) continue;
        cr_expect(out.se == v->result.se && out.mantissa == v->result.mantissa,
                  "%s %zu: %04x:%016llx", v->name, i, out.se, (unsigned long long)out.mantissa);
    }
}
