/* SPDX-License-Identifier: ISC */
/* Transcendental functions: correctly rounded values at 500 bits' precision, and the special cases
 * of the SDM's tables. */
#include "cpu/float80/float80.h"

#include <criterion/criterion.h>

typedef struct float80 function_fn(struct float80_env *env, struct float80 st0, struct float80 st1);

static struct float80 function_sin(struct float80_env *env, struct float80 st0,
                                   struct float80 st1) {
    bool out_of_range;
    return float80_sin(env, st0, &out_of_range);
}

static struct float80 function_cos(struct float80_env *env, struct float80 st0,
                                   struct float80 st1) {
    bool out_of_range;
    return float80_cos(env, st0, &out_of_range);
}

static struct float80 function_tan(struct float80_env *env, struct float80 st0,
                                   struct float80 st1) {
    bool out_of_range;
    return float80_tan(env, st0, &out_of_range);
}

static struct float80 function_2xm1(struct float80_env *env, struct float80 st0,
                                    struct float80 st1) {
    return float80_2xm1(env, st0);
}

static struct float80 function_yl2x(struct float80_env *env, struct float80 st0,
                                    struct float80 st1) {
    return float80_yl2x(env, st1, st0);
}

static struct float80 function_yl2xp1(struct float80_env *env, struct float80 st0,
                                      struct float80 st1) {
    return float80_yl2xp1(env, st1, st0);
}

static struct float80 function_atan(struct float80_env *env, struct float80 st0,
                                    struct float80 st1) {
    return float80_atan(env, st1, st0);
}

static const struct vector {
    const char *name;
    function_fn *fn;
    struct float80 st0, st1, result;
} vectors[] = {
#define VECTOR(name, se_0, m_0, se_1, m_1, se_r, m_r)                                              \
    {#name, function_##name, {m_0, se_0}, {m_1, se_1}, {m_r, se_r}},
#include "tests/cpu/float80_functions.def"
#undef VECTOR
};

Test(float80_functions, true_values) {
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        const struct vector *v = &vectors[i];
        struct float80_env env = float80_env_of(0x37f);
        const struct float80 out = v->fn(&env, v->st0, v->st1);
        cr_expect(out.se == v->result.se && out.mantissa == v->result.mantissa,
                  "%s %zu: %04x:%016llx", v->name, i, out.se, (unsigned long long)out.mantissa);
        cr_expect_eq(env.raised & 0x3f, FLOAT80_PE);
    }
}

#define ZERO                                                                                       \
    { 0, 0 }
#define MINUS_ZERO                                                                                 \
    { 0, 0x8000 }
#define ONE                                                                                        \
    { 1ull << 63, 0x3fff }
#define MINUS_ONE                                                                                  \
    { 1ull << 63, 0xbfff }
#define HALF                                                                                       \
    { 1ull << 63, 0x3ffe }
#define TWO                                                                                        \
    { 1ull << 63, 0x4000 }
#define MINUS_HALF                                                                                 \
    { 1ull << 63, 0xbffe }
#define INFINITE                                                                                   \
    { 1ull << 63, 0x7fff }
#define MINUS_INFINITE                                                                             \
    { 1ull << 63, 0xffff }
#define NOTHING                                                                                    \
    { 3ull << 62, 0xffff }
#define PI                                                                                         \
    { 0xc90fdaa22168c235, 0x4000 }
#define HALF_PI                                                                                    \
    { 0xc90fdaa22168c235, 0x3fff }
#define MINUS_PI                                                                                   \
    { 0xc90fdaa22168c235, 0xc000 }
#define QUARTER_PI                                                                                 \
    { 0xc90fdaa22168c235, 0x3ffe }
#define THREE_QUARTERS_PI                                                                          \
    { 0x96cbe3f9990e91a8, 0x4000 }
#define BIG                                                                                        \
    { 1ull << 63, 0x3fff + 63 }

/* ST(0), ST(1), the result and the exceptions. */
static const struct special {
    function_fn *fn;
    struct float80 st0, st1, result;
    unsigned raised;
} specials[] = {
    {function_sin, ZERO, ONE, ZERO, 0},
    {function_sin, MINUS_ZERO, ONE, MINUS_ZERO, 0},
    {function_sin, INFINITE, ONE, NOTHING, FLOAT80_IE},
    {function_cos, MINUS_ZERO, ONE, ONE, 0},
    {function_cos, MINUS_INFINITE, ONE, NOTHING, FLOAT80_IE},
    {function_tan, MINUS_ZERO, ONE, MINUS_ZERO, 0},
    {function_sin, BIG, ONE, BIG, 0},
    {function_2xm1, ZERO, ONE, ZERO, 0},
    {function_2xm1, ONE, ONE, ONE, FLOAT80_PE},
    {function_2xm1, MINUS_ONE, ONE, MINUS_HALF, FLOAT80_PE},
    {function_yl2x, ZERO, ONE, MINUS_INFINITE, FLOAT80_ZE},
    {function_yl2x, ZERO, MINUS_ONE, INFINITE, FLOAT80_ZE},
    {function_yl2x, ZERO, ZERO, NOTHING, FLOAT80_IE},
    {function_yl2x, ZERO, INFINITE, MINUS_INFINITE, 0},
    {function_yl2x, MINUS_ONE, ONE, NOTHING, FLOAT80_IE},
    {function_yl2x, MINUS_INFINITE, ONE, NOTHING, FLOAT80_IE},
    {function_yl2x, ONE, ONE, ZERO, 0},
    {function_yl2x, ONE, MINUS_ONE, MINUS_ZERO, 0},
    {function_yl2x, ONE, INFINITE, NOTHING, FLOAT80_IE},
    {function_yl2x, HALF, INFINITE, MINUS_INFINITE, 0},
    {function_yl2x, HALF, MINUS_ZERO, ZERO, 0},
    {function_yl2x, TWO, MINUS_INFINITE, MINUS_INFINITE, 0},
    {function_yl2x, TWO, MINUS_HALF, MINUS_HALF, FLOAT80_PE},
    {function_yl2x, INFINITE, ZERO, NOTHING, FLOAT80_IE},
    {function_yl2x, INFINITE, MINUS_ONE, MINUS_INFINITE, 0},
    {function_yl2xp1, ZERO, MINUS_ONE, MINUS_ZERO, 0},
    {function_yl2xp1, ZERO, INFINITE, NOTHING, FLOAT80_IE},
    {function_yl2xp1, INFINITE, ZERO, NOTHING, FLOAT80_IE},
    {function_yl2xp1, MINUS_INFINITE, ONE, NOTHING, FLOAT80_IE},
    {function_atan, ONE, ZERO, ZERO, 0},
    {function_atan, ZERO, ZERO, ZERO, 0},
    {function_atan, MINUS_ZERO, ZERO, PI, FLOAT80_PE},
    {function_atan, MINUS_ONE, MINUS_ZERO, MINUS_PI, FLOAT80_PE},
    {function_atan, ZERO, ONE, HALF_PI, FLOAT80_PE},
    {function_atan, ONE, ONE, QUARTER_PI, FLOAT80_PE},
    {function_atan, MINUS_ONE, ONE, THREE_QUARTERS_PI, FLOAT80_PE},
    {function_atan, INFINITE, INFINITE, QUARTER_PI, FLOAT80_PE},
    {function_atan, MINUS_INFINITE, INFINITE, THREE_QUARTERS_PI, FLOAT80_PE},
    {function_atan, INFINITE, ONE, ZERO, 0},
    {function_atan, MINUS_INFINITE, ONE, PI, FLOAT80_PE},
    {function_atan, ONE, INFINITE, HALF_PI, FLOAT80_PE},
};

Test(float80_functions, special_cases) {
    for (size_t i = 0; i < sizeof specials / sizeof specials[0]; i++) {
        const struct special *c = &specials[i];
        struct float80_env env = float80_env_of(0x37f);
        const struct float80 out = c->fn(&env, c->st0, c->st1);
        cr_expect_eq(env.raised & 0x3f, c->raised, "%zu raised %02x", i, env.raised);
        cr_expect(out.se == c->result.se && out.mantissa == c->result.mantissa, "%zu: %04x:%016llx",
                  i, out.se, (unsigned long long)out.mantissa);
    }
}

Test(float80_functions, range_ends_at_two_to_the_63) {
    bool out_of_range;
    struct float80_env env = float80_env_of(0x37f);
    float80_tan(&env, (struct float80)BIG, &out_of_range);
    cr_assert(out_of_range);
    cr_assert_eq(env.raised, 0);
    float80_tan(&env, (struct float80){~0ull, 0x3fff + 62}, &out_of_range);
    cr_assert_not(out_of_range);
}

Test(float80_functions, directed_rounding_brackets_the_value) {
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        const struct vector *v = &vectors[i];
        struct float80_env down = float80_env_of(0x77f), up = float80_env_of(0xb7f);
        const struct float80 low = v->fn(&down, v->st0, v->st1);
        const struct float80 high = v->fn(&up, v->st0, v->st1);
        struct float80_env env = float80_env_of(0x37f);
        cr_expect_eq(float80_compare(&env, low, high, true), FLOAT80_LESS, "%s %zu", v->name, i);
    }
}
