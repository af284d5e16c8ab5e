/* SPDX-License-Identifier: ISC */
/* The first stack: argc, argv, envp, auxiliary vector from rsp on; rsp is a multiple of 16; strings at the top. */
#include "tests/loader/world.h"

#include "base/error.h"
#include "loader/vdso.h"

#include <criterion/criterion.h>
#include <string.h>

static struct world world;
static struct elf_writer elf;

static void setup(void) {
    world_init(&world);
    elf_simple(&elf, ELF_TYPE_EXEC);
    world_add(&world, "/bin/prog", elf.bytes, elf.n);
}

static void teardown(void) {
    world_fini(&world);
}

TestSuite(stack_layout, .init = setup, .fini = teardown);

static uint64_t auxv(uint64_t type) {
    for (uint64_t at = world.result.auxv_start; at < world.result.auxv_end; at += 16) {
        if (world_word(&world, at) == type) return world_word(&world, at + 8);
    }
    cr_expect_fail("no auxv entry %lu", type);
    return 0;
}

static void expect_string(uint64_t gva, const char *expected) {
    char text[256];
    world_string(&world, gva, text, sizeof text);
    cr_expect_str_eq(text, expected);
}

Test(stack_layout, words_from_rsp_on) {
    static const char *const argv[] = {"prog", "", "two words", NULL};
    static const char *const envp[] = {"A=1", "LONG=xxxxxxxxxxxxxxxxxxxxxxxxxxxx", NULL};
    world.request.argv = argv;
    world.request.envp = envp;
    cr_assert_eq(world_load(&world, "/bin/prog"), 0);
    const uint64_t sp = world.result.stack;
    cr_expect_eq(sp % 16, 0);
    cr_expect_eq(world_word(&world, sp), 3);
    for (int i = 0; i < 3; i++) expect_string(world_word(&world, sp + 8 + 8 * (uint64_t)i), argv[i]);
    cr_expect_eq(world_word(&world, sp + 32), 0);
    for (int i = 0; i < 2; i++) expect_string(world_word(&world, sp + 40 + 8 * (uint64_t)i), envp[i]);
    cr_expect_eq(world_word(&world, sp + 56), 0);
    cr_expect_eq(world.result.auxv_start, sp + 64);
}

Test(stack_layout, strings_follow_each_other_up_to_the_path) {
    static const char *const argv[] = {"prog", "b", NULL};
    static const char *const envp[] = {"A=1", NULL};
    world.request.argv = argv;
    world.request.envp = envp;
    cr_assert_eq(world_load(&world, "/bin/prog"), 0);
    const struct loader_result *r = &world.result;
    cr_expect_eq(world_word(&world, r->stack + 8), r->arg_start);
    cr_expect_eq(r->arg_end - r->arg_start, sizeof "prog" + sizeof "b");
    cr_expect_eq(r->env_start, r->arg_end);
    cr_expect_eq(r->env_end - r->env_start, sizeof "A=1");
    expect_string(r->env_end, "/bin/prog");
    cr_expect_eq(r->env_end + sizeof "/bin/prog" + 8, 0x7ffffffff000);
    cr_expect_eq(world_word(&world, 0x7ffffffff000 - 8), 0);
}

Test(stack_layout, auxiliary_vector) {
    uint8_t random[16];
    cr_assert_eq(world_load(&world, "/bin/prog"), 0);
    cr_expect_eq(auxv(AT_PHDR), 0x400040);
    cr_expect_eq(auxv(AT_PHENT), 56);
    cr_expect_eq(auxv(AT_PHNUM), 3);
    cr_expect_eq(auxv(AT_PAGESZ), 4096);
    cr_expect_eq(auxv(AT_BASE), 0);
    cr_expect_eq(auxv(AT_FLAGS), 0);
    cr_expect_eq(auxv(AT_ENTRY), 0x401000);
    cr_expect_eq(auxv(AT_UID), 1000);
    cr_expect_eq(auxv(AT_EUID), 1001);
    cr_expect_eq(auxv(AT_GID), 100);
    cr_expect_eq(auxv(AT_EGID), 101);
    cr_expect_eq(auxv(AT_SECURE), 0);
    cr_expect_eq(auxv(AT_CLKTCK), 100);
    cr_expect_eq(auxv(AT_HWCAP), 0xbfebfbff);
    cr_expect_eq(auxv(AT_HWCAP2), 2);
    cr_expect_eq(auxv(AT_MINSIGSTKSZ), 2000);
    expect_string(auxv(AT_EXECFN), "/bin/prog");
    expect_string(auxv(AT_PLATFORM), "x86_64");
    cr_assert_eq(space_peek(world.space, random, auxv(AT_RANDOM), 16), 0);
    cr_expect_eq(memcmp(random, "0123456789abcde", 16), 0);
    cr_expect_eq(world_word(&world, world.result.auxv_end - 16), AT_NULL);
}

Test(stack_layout, no_vdso_no_entry) {
    cr_assert_eq(world_load(&world, "/bin/prog"), 0);
    for (uint64_t at = world.result.auxv_start; at < world.result.auxv_end; at += 16) {
        cr_expect_neq(world_word(&world, at), AT_SYSINFO_EHDR);
    }
}

Test(stack_layout, vdso_is_mapped_and_named) {
    static const uint8_t bytes[5000] = "\177ELF";
    const struct vdso_image vdso = {bytes, sizeof bytes};
    char start[4];
    struct region_info region;
    world.request.vdso = &vdso;
    cr_assert_eq(world_load(&world, "/bin/prog"), 0);
    cr_expect_eq(auxv(AT_SYSINFO_EHDR), world.result.vdso);
    cr_assert(world_region(&world, world.result.vdso, &region));
    cr_expect_eq(region.prot & 7, SPACE_READ | SPACE_EXEC);
    cr_expect_eq(region.end - region.start, 8192);
    cr_assert_eq(space_peek(world.space, start, world.result.vdso, sizeof start), 0);
    cr_expect_eq(memcmp(start, bytes, sizeof start), 0);
    cr_expect_eq(world_word(&world, world.result.auxv_end - 16), AT_NULL);
}

Test(stack_layout, no_arguments_become_one_empty_one) {
    static const char *const argv[] = {NULL};
    world.request.argv = argv;
    cr_assert_eq(world_load(&world, "/bin/prog"), 0);
    cr_expect_eq(world_word(&world, world.result.stack), 1);
    expect_string(world_word(&world, world.result.stack + 8), "");
}

Test(stack_layout, region_grows_and_is_not_executable) {
    struct region_info region;
    cr_assert_eq(world_load(&world, "/bin/prog"), 0);
    cr_assert(world_region(&world, world.result.stack, &region));
    cr_expect(region.grows_down);
    cr_expect_eq(region.prot & 7, SPACE_READ | SPACE_WRITE);
    cr_expect_eq(region.end, 0x7ffffffff000);
    cr_expect_geq(world.result.stack - region.start, 0x20000);
    cr_expect_not(world.result.exec_stack);
}

Test(stack_layout, executable_stack_when_asked_for) {
    struct region_info region;
    elf_add(&elf, PT_GNU_STACK, PF_R | PF_W | PF_X, 0, 0, 0, 0);
    world_add(&world, "/exec", elf.bytes, elf.n);
    cr_assert_eq(world_load(&world, "/exec"), 0);
    cr_assert(world_region(&world, world.result.stack, &region));
    cr_expect_eq(region.prot & 7, SPACE_READ | SPACE_WRITE | SPACE_EXEC);
    cr_expect(world.result.exec_stack);
}

Test(stack_layout, random_addresses_differ) {
    world.request.random = world_random;
    cr_assert_eq(world_load(&world, "/bin/prog"), 0);
    const struct loader_result first = world.result;
    cr_assert_eq(world_load(&world, "/bin/prog"), 0);
    cr_expect_neq(first.stack, world.result.stack);
    cr_expect_neq(first.brk_start, world.result.brk_start);
    cr_expect_eq(world.result.stack % 16, 0);
    cr_expect_eq(first.entry, world.result.entry);
}
