/* SPDX-License-Identifier: ISC */
/* A file cut at any length, or with any one bit of its headers flipped, loads or fails in order; it never harms us.
 * Run under the sanitizers this is the proof that no field is trusted. */
#include "tests/loader/world.h"

#include "base/error.h"

#include <criterion/criterion.h>
#include <string.h>

static struct world world;
static struct elf_writer program, interpreter;

static void setup(void) {
    static const char path[] = "/ld";
    world_init(&world);
    elf_simple(&interpreter, ELF_TYPE_DYN);
    elf_simple(&program, ELF_TYPE_DYN);
    elf_add(&program, PT_INTERP, PF_R, 0x1100, 0x1100, sizeof path, sizeof path);
    elf_put(&program, 0x1100, path, sizeof path);
    world_add(&world, "/p", program.bytes, program.n);
    world_add(&world, "/ld", interpreter.bytes, interpreter.n);
}

static void teardown(void) {
    world_fini(&world);
}

TestSuite(damage, .init = setup, .fini = teardown);

static void expect_order(int err) {
    cr_assert_leq(err, 0);
    cr_assert_eq(world.n_open, 0);
    cr_assert_eq(err == 0, world.result.image != NULL);
    cr_assert_eq(err == 0, world.result.reason[0] == '\0', "%d without a reason", err);
}

Test(damage, headers_cut_short) {
    const size_t headers = 64 + 4 * 56;
    for (size_t n = 0; n < headers; n++) {
        world.files[0].n = n;
        const int err = world_load(&world, "/p");
        expect_order(err);
        cr_assert_eq(err, -ENOEXEC, "length %zu: %d", n, err);
    }
}

Test(damage, any_length) {
    for (size_t n = 0; n <= program.n; n += 7) {
        world.files[0].n = n;
        expect_order(world_load(&world, "/p"));
    }
    for (size_t n = 0; n <= interpreter.n; n += 7) {
        world.files[0].n = program.n;
        world.files[1].n = n;
        expect_order(world_load(&world, "/p"));
    }
}

Test(damage, any_header_bit) {
    for (int file = 0; file < 2; file++) {
        for (size_t bit = 0; bit < (64 + 4 * 56) * 8; bit++) {
            world.files[file].bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
            expect_order(world_load(&world, "/p"));
            world.files[file].bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
}
