/* SPDX-License-Identifier: ISC */
/* execve(2) "Interpreter scripts": interpreter, at most one argument, then the script's path and its arguments. */
#include "tests/loader/world.h"

#include "base/error.h"
#include "loader/script.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct world world;

static void setup(void) {
    struct elf_writer elf;
    world_init(&world);
    elf_simple(&elf, ELF_TYPE_EXEC);
    world_add(&world, "/bin/sh", elf.bytes, elf.n);
}

static void teardown(void) {
    world_fini(&world);
}

TestSuite(scripts, .init = setup, .fini = teardown);

static void add_script(const char *path, const char *text) {
    world_add(&world, path, text, strlen(text));
}

/* The program's arguments, each ended by '|'. */
static const char *arguments(void) {
    static char all[1024];
    const uint64_t n = world_word(&world, world.result.stack);
    all[0] = '\0';
    for (uint64_t i = 0; i < n; i++) {
        char one[256];
        world_string(&world, world_word(&world, world.result.stack + 8 + 8 * i), one, sizeof one);
        strcat(strcat(all, one), "|");
    }
    return all;
}

/* Loads a script of that first line with arguments "zero", "one". */
static int load_line(const char *line) {
    static const char *const argv[] = {"zero", "one", NULL};
    add_script("/script", line);
    world.request.argv = argv;
    return world_load(&world, "/script");
}

Test(scripts, argument_vector) {
    cr_assert_eq(load_line("#!/bin/sh\necho\n"), 0, "%s", world.result.reason);
    cr_expect_str_eq(arguments(), "/bin/sh|/script|one|");
    cr_expect_eq(world.result.image, &world.files[0]);
    cr_expect_eq(world.n_open, 1);
}

Test(scripts, one_argument_with_blanks_inside) {
    cr_assert_eq(load_line("#! \t/bin/sh  -e  x y \t\n"), 0);
    cr_expect_str_eq(arguments(), "/bin/sh|-e  x y|/script|one|");
}

Test(scripts, no_newline) {
    cr_assert_eq(load_line("#!/bin/sh"), 0);
    cr_expect_str_eq(arguments(), "/bin/sh|/script|one|");
}

Test(scripts, no_interpreter_named) {
    cr_expect_eq(load_line("#!\n"), -ENOEXEC);
}

Test(scripts, only_blanks) {
    cr_expect_eq(load_line("#!  \t \n/bin/sh"), -ENOEXEC);
}

Test(scripts, interpreter_missing) {
    cr_expect_eq(load_line("#!/bin/nothing\n"), -ENOENT);
    cr_expect_not_null(strstr(world.result.reason, "/bin/nothing"));
    cr_expect_eq(world.n_open, 0);
    cr_expect_null(world.result.image);
}

Test(scripts, close_on_exec_descriptor) {
    world.request.path_closes = true;
    cr_expect_eq(load_line("#!/bin/sh\n"), -ENOENT);
}

/* Script number n runs script n - 1. */
static int load_nested(int n) {
    static char paths[7][16], lines[7][32];
    strcpy(paths[0], "/bin/sh");
    for (int i = 1; i <= n; i++) {
        snprintf(paths[i], sizeof paths[i], "/s%d", i);
        strcat(strcat(strcpy(lines[i], "#!"), paths[i - 1]), "\n");
        add_script(paths[i], lines[i]);
    }
    return world_load(&world, paths[n]);
}

Test(scripts, five_deep) {
    cr_assert_eq(load_nested(5), 0, "%s", world.result.reason);
    cr_expect_str_eq(arguments(), "/bin/sh|/s1|/s2|/s3|/s4|/s5|");
    cr_expect_eq(world.n_open, 1);
}

Test(scripts, six_deep_is_a_loop) {
    cr_expect_eq(load_nested(6), -ELOOP);
    cr_expect_eq(world.n_open, 0);
}

Test(scripts, itself) {
    cr_expect_eq(load_line("#!/script\n"), -ELOOP);
}

/* A line of n bytes (no newline) whose interpreter's name has name_n bytes, then blanks and an argument. */
static bool parse_long(size_t name_n, char after) {
    char line[SCRIPT_LINE_MAX];
    struct script script;
    memset(line, 'a', sizeof line);
    memcpy(line, "#!", 2);
    if (2 + name_n < sizeof line) line[2 + name_n] = after;
    return script_parse(line, &script);
}

Test(scripts, name_that_may_be_cut_off) {
    cr_expect_not(parse_long(254, 'a'));
    cr_expect_not(parse_long(300, 'a'));
    cr_expect(parse_long(253, ' '));
    cr_expect(parse_long(100, '\t'));
}

Test(scripts, long_argument_is_cut) {
    char line[SCRIPT_LINE_MAX];
    struct script script;
    memset(line, 'b', sizeof line);
    memcpy(line, "#!/bin/sh ", 10);
    cr_assert(script_parse(line, &script));
    cr_expect_str_eq(script.interpreter, "/bin/sh");
    cr_expect_eq(strlen(script.argument), 255 - 10);
}
