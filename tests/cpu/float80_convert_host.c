/* SPDX-License-Identifier: ISC */
/* Conversions to and from memory formats against the host's x87: bytes stored and flags, masked and
 * unmasked. */
#include "cpu/float80/float80.h"
#include "tests/cpu/float80_host.h"
#include "tests/cpu/float80_operands.h"

#include <criterion/criterion.h>

enum { FLAGS = 0x3f | 0x200, STOPPERS = 0x1f };

HOST_X87(host_store_f32, "fstps %4")
HOST_X87(host_store_f64, "fstpl %4")
HOST_X87(host_store_i16, "fistps %4")
HOST_X87(host_store_i32, "fistpl %4")
HOST_X87(host_store_i64, "fistpll %4")
HOST_X87(host_store_bcd, "fbstp %4")
HOST_X87(host_load_f32, "flds %4")
HOST_X87(host_load_f64, "fldl %4")
HOST_X87(host_load_i16, "filds %4")
HOST_X87(host_load_i32, "fildl %4")
HOST_X87(host_load_i64, "fildll %4")
HOST_X87(host_load_bcd, "fbld %4")

typedef void store_fn(struct float80_env *env, struct float80 a, uint8_t out[10]);

static void soft_store_f32(struct float80_env *env, struct float80 a, uint8_t out[10]) {
    const uint32_t bits = float80_to_f32(env, a);
    memcpy(out, &bits, 4);
}

static void soft_store_f64(struct float80_env *env, struct float80 a, uint8_t out[10]) {
    const uint64_t bits = float80_to_f64(env, a);
    memcpy(out, &bits, 8);
}

static void soft_store_i16(struct float80_env *env, struct float80 a, uint8_t out[10]) {
    const int64_t value = float80_to_int(env, a, 16);
    memcpy(out, &value, 2);
}

static void soft_store_i32(struct float80_env *env, struct float80 a, uint8_t out[10]) {
    const int64_t value = float80_to_int(env, a, 32);
    memcpy(out, &value, 4);
}

static void soft_store_i64(struct float80_env *env, struct float80 a, uint8_t out[10]) {
    const int64_t value = float80_to_int(env, a, 64);
    memcpy(out, &value, 8);
}

static void check_store(const char *name, host_fn *host, store_fn *soft) {
    struct rng rng;
    rng_init(&rng, 81);
    for (long i = sweep_count(60000); i > 0; i--) {
        const struct float80 a = random_float80(&rng);
        const uint16_t fcw = random_fcw(&rng);
        struct host_x87 theirs;
        struct host_memory memory, ours;
        struct float80_env env = float80_env_of(fcw);
        memset(&memory, 0x55, sizeof(memory));
        memset(&ours, 0x55, sizeof(ours));
        host_run_x87(host, &theirs, a, a, fcw, &memory);
        soft(&env, a, ours.byte);
        if (env.raised & ~env.masked & STOPPERS) memset(&ours, 0x55, sizeof(ours));
        cr_assert(!memcmp(&memory, &ours, sizeof(ours)) && (theirs.fsw & FLAGS) == env.raised,
                  "%s %04x:%016llx fcw %04x: flags %04x, host %04x", name, a.se,
                  (unsigned long long)a.mantissa, fcw, env.raised, theirs.fsw & FLAGS);
    }
}

#define STORE_TEST(name)                                                                           \
    Test(float80_convert, store_##name) {                                                          \
        check_store(#name, host_store_##name, soft_store_##name);                                  \
    }

STORE_TEST(f32)
STORE_TEST(f64)
STORE_TEST(i16)
STORE_TEST(i32)
STORE_TEST(i64)

Test(float80_convert, store_bcd) {
    check_store("bcd", host_store_bcd, float80_to_bcd);
}

typedef struct float80 load_fn(const uint8_t in[10], bool *denormal);

static struct float80 soft_load_f32(const uint8_t in[10], bool *denormal) {
    uint32_t bits;
    memcpy(&bits, in, 4);
    return float80_from_f32(bits, denormal);
}

static struct float80 soft_load_f64(const uint8_t in[10], bool *denormal) {
    uint64_t bits;
    memcpy(&bits, in, 8);
    return float80_from_f64(bits, denormal);
}

static struct float80 soft_load_i16(const uint8_t in[10], bool *denormal) {
    int16_t value;
    memcpy(&value, in, 2);
    return float80_from_int(value);
}

static struct float80 soft_load_i32(const uint8_t in[10], bool *denormal) {
    int32_t value;
    memcpy(&value, in, 4);
    return float80_from_int(value);
}

static struct float80 soft_load_i64(const uint8_t in[10], bool *denormal) {
    int64_t value;
    memcpy(&value, in, 8);
    return float80_from_int(value);
}

static struct float80 soft_load_bcd(const uint8_t in[10], bool *denormal) {
    return float80_from_bcd(in);
}

/* Bits that are often extreme in the exponent fields of both formats. */
static void random_bytes(struct rng *rng, bool decimal, struct host_memory *out) {
    uint64_t bits = rng_next(rng);
    memset(out, 0, sizeof(*out));
    if (decimal) {
        for (int i = 0; i < 9; i++)
            out->byte[i] = (uint8_t)(rng_below(rng, 10) << 4 | rng_below(rng, 10));
        out->byte[9] = (uint8_t)rng_next(rng);
        return;
    }
    switch (rng_below(rng, 6)) {
    case 0:
        bits &= 0x800fffff807fffff;
        break;
    case 1:
        bits |= 0x7ff000007f800000;
        break;
    case 2:
        bits = (bits & 0x8000000080000000) | 0x7ff000007f800000;
        break;
    case 3:
        bits >>= rng_below(rng, 64);
        break;
    default:
        break;
    }
    memcpy(out->byte, &bits, 8);
}

static void check_load(const char *name, host_fn *host, load_fn *soft, bool decimal) {
    struct rng rng;
    rng_init(&rng, 82);
    for (long i = sweep_count(60000); i > 0; i--) {
        struct host_x87 theirs;
        struct host_memory memory;
        bool denormal = false;
        random_bytes(&rng, decimal, &memory);
        struct float80 ours = soft(memory.byte, &denormal);
        unsigned raised = denormal ? FLOAT80_DE : 0;
        if (float80_classify(ours) == FLOAT80_CLASS_SNAN) {
            raised |= FLOAT80_IE;
            ours.mantissa |= FLOAT80_QUIET_BIT;
        }
        host_run_x87(host, &theirs, ours, ours, 0x37f, &memory);
        const struct float80 st0 = float80_of_bytes(theirs.st[0]);
        cr_assert(st0.se == ours.se && st0.mantissa == ours.mantissa &&
                      (theirs.fsw & FLAGS) == raised,
                  "%s: %04x:%016llx, host %04x:%016llx", name, ours.se,
                  (unsigned long long)ours.mantissa, st0.se, (unsigned long long)st0.mantissa);
    }
}

#define LOAD_TEST(name, decimal)                                                                   \
    Test(float80_convert, load_##name) {                                                           \
        check_load(#name, host_load_##name, soft_load_##name, decimal);                            \
    }

LOAD_TEST(f32, false)
LOAD_TEST(f64, false)
LOAD_TEST(i16, false)
LOAD_TEST(i32, false)
LOAD_TEST(i64, false)
LOAD_TEST(bcd, true)
