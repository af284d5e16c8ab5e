/* SPDX-License-Identifier: ISC */
/* execve(2) "Limits on size of arguments and environment": 128 KiB a string, a quarter of the stack limit together,
 * never more than 6 MiB, never less than 128 KiB. */
#include "tests/loader/world.h"

#include "base/error.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct world world;
static char *text;

static void setup(void) {
    struct elf_writer *elf = calloc(1, sizeof *elf);
    world_init(&world);
    elf_simple(elf, ELF_TYPE_EXEC);
    world_add(&world, "/p", elf->bytes, elf->n);
    free(elf);
    text = calloc(1, 200000);
    memset(text, 'x', 199999);
}

static void teardown(void) {
    free(text);
    world_fini(&world);
}

TestSuite(argument_limits, .init = setup, .fini = teardown);

Test(argument_limits, one_string) {
    const char *argv[] = {"p", text, NULL};
    world.request.argv = argv;
    text[131071] = '\0';
    cr_expect_eq(world_load(&world, "/p"), 0);
    text[131071] = 'x';
    text[131072] = '\0';
    cr_expect_eq(world_load(&world, "/p"), -E2BIG);
}

/* n strings of 128 KiB. */
static int load_many(int n) {
    const char *envp[64] = {NULL};
    text[131071] = '\0';
    for (int i = 0; i < n; i++) envp[i] = text;
    world.request.envp = envp;
    return world_load(&world, "/p");
}

Test(argument_limits, quarter_of_the_stack) {
    cr_expect_eq(load_many(15), 0);
    cr_expect_eq(load_many(16), -E2BIG);
}

Test(argument_limits, six_mib_with_no_stack_limit) {
    world.request.stack_limit = UINT64_MAX;
    cr_expect_eq(load_many(47), 0);
    cr_expect_eq(load_many(48), -E2BIG);
}

Test(argument_limits, at_least_128_kib) {
    const char *argv[] = {"p", text, NULL};
    world.request.argv = argv;
    world.request.stack_limit = 65536;
    text[130000] = '\0';
    cr_expect_eq(world_load(&world, "/p"), 0);
}

Test(argument_limits, pointers_count) {
    enum { N = 240000 };
    const char **argv = calloc(N + 1, sizeof *argv);
    for (int i = 0; i < N; i++) argv[i] = "";
    world.request.argv = argv;
    cr_expect_eq(world_load(&world, "/p"), -E2BIG);
    argv[230000] = NULL;
    cr_expect_eq(world_load(&world, "/p"), 0);
    free(argv);
}
