/* SPDX-License-Identifier: ISC */
/* PT_INTERP: program and interpreter are both mapped, the interpreter runs first and learns where the program is. */
#include "tests/loader/world.h"

#include "base/error.h"

#include <criterion/criterion.h>
#include <string.h>

static struct world world;
static struct elf_writer program, interpreter;

static void write_program(uint16_t type, const char *path) {
    elf_simple(&program, type);
    elf_add(&program, PT_INTERP, PF_R, 0x1100, 0x1100, strlen(path) + 1, strlen(path) + 1);
    elf_put(&program, 0x1100, path, strlen(path) + 1);
    world_add(&world, "/prog", program.bytes, program.n);
}

static void setup(void) {
    world_init(&world);
    elf_simple(&interpreter, ELF_TYPE_DYN);
}

static void teardown(void) {
    cr_expect_eq(world.n_open, 0);
    world_fini(&world);
}

TestSuite(interpreter, .init = setup, .fini = teardown);

static uint64_t auxv(uint64_t type) {
    for (uint64_t at = world.result.auxv_start; at < world.result.auxv_end; at += 16) {
        if (world_word(&world, at) == type) return world_word(&world, at + 8);
    }
    return UINT64_MAX;
}

Test(interpreter, runs_first_and_knows_the_program) {
    world_add(&world, "/lib/ld.so", interpreter.bytes, interpreter.n);
    write_program(ELF_TYPE_DYN, "/lib/ld.so");
    cr_assert_eq(world_load(&world, "/prog"), 0, "%s", world.result.reason);
    const uint64_t base = auxv(AT_BASE);
    cr_expect_gt(base, 0x7f0000000000);
    cr_expect_eq(world.result.entry, base + 0x1000);
    cr_expect_eq(auxv(AT_ENTRY), 0x555555554000 + 0x1000);
    cr_expect_eq(auxv(AT_PHDR), 0x555555554000 + 0x40);
    cr_expect_eq(world.result.brk_start, 0x55555555a000);
    cr_expect_eq(world_word(&world, base) & 0xffffffff, 0x464c457f);
    cr_expect_eq(world_word(&world, 0x555555554000) & 0xffffffff, 0x464c457f);
    cr_expect_eq(world.result.image, &world.files[1]);
}

Test(interpreter, fixed_program) {
    world_add(&world, "/lib/ld.so", interpreter.bytes, interpreter.n);
    write_program(ELF_TYPE_EXEC, "/lib/ld.so");
    cr_assert_eq(world_load(&world, "/prog"), 0, "%s", world.result.reason);
    cr_expect_eq(auxv(AT_ENTRY), 0x401000);
    cr_expect_gt(world.result.entry, 0x7f0000000000);
}

Test(interpreter, missing) {
    write_program(ELF_TYPE_DYN, "/lib/ld.so");
    cr_expect_eq(world_load(&world, "/prog"), -ENOENT);
    cr_expect_not_null(strstr(world.result.reason, "/lib/ld.so"), "%s", world.result.reason);
    cr_expect_not(world.result.fatal);
}

Test(interpreter, not_permitted) {
    world_add(&world, "/lib/ld.so", interpreter.bytes, interpreter.n)->open_error = -EACCES;
    write_program(ELF_TYPE_DYN, "/lib/ld.so");
    cr_expect_eq(world_load(&world, "/prog"), -EACCES);
}

Test(interpreter, damaged) {
    interpreter.bytes[0] = 0;
    world_add(&world, "/lib/ld.so", interpreter.bytes, interpreter.n);
    write_program(ELF_TYPE_DYN, "/lib/ld.so");
    cr_expect_eq(world_load(&world, "/prog"), -ELIBBAD);
}

Test(interpreter, name_without_end) {
    write_program(ELF_TYPE_DYN, "/lib/ld.so");
    world.files[0].bytes[0x1100 + 10] = 'x';
    cr_expect_eq(world_load(&world, "/prog"), -ENOEXEC);
}

Test(interpreter, of_a_fixed_type_in_the_way_of_the_program) {
    elf_simple(&interpreter, ELF_TYPE_EXEC);
    world_add(&world, "/lib/ld.so", interpreter.bytes, interpreter.n);
    write_program(ELF_TYPE_EXEC, "/lib/ld.so");
    cr_expect_eq(world_load(&world, "/prog"), -EEXIST);
    cr_expect(world.result.fatal);
}
