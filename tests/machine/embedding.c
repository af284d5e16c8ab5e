/* SPDX-License-Identifier: ISC */
/* A machine is made, started once, waited for and freed; several live side by side; errors are values with a text. */
#include "include/lockstep/lockstep.h"

#include <criterion/criterion.h>
#include <string.h>

static char *const no_env[] = {NULL};

static struct lockstep_machine *make(void) {
    const struct lockstep_options options = lockstep_options_default();
    struct lockstep_machine *machine;
    struct lockstep_error error;
    cr_assert_eq(lockstep_machine_new(&options, &machine, &error), 0, "%s", error.text);
    return machine;
}

static void start(struct lockstep_machine *machine, const char *verb, const char *argument) {
    char *const argv[] = {"act", (char *)verb, (char *)argument, NULL};
    struct lockstep_error error;
    cr_assert_eq(lockstep_machine_start(machine, ACT, argv, no_env, &error), 0, "%s", error.text);
}

static struct lockstep_status end(struct lockstep_machine *machine) {
    struct lockstep_status status;
    lockstep_machine_wait(machine, &status);
    lockstep_machine_free(machine);
    return status;
}

Test(embedding, exit_code) {
    struct lockstep_machine *machine = make();
    start(machine, "exit", "42");
    const struct lockstep_status status = end(machine);
    cr_expect_not(status.signaled);
    cr_expect_eq(status.code, 42);
}

Test(embedding, killed_by_its_own_signal) {
    struct lockstep_machine *machine = make();
    start(machine, "raise", "9");
    const struct lockstep_status status = end(machine);
    cr_expect(status.signaled);
    cr_expect_eq(status.code, 9);
}

Test(embedding, signal_from_outside) {
    struct lockstep_machine *machine = make();
    start(machine, "sleep", NULL);
    lockstep_machine_signal(machine, 15);
    const struct lockstep_status status = end(machine);
    cr_expect(status.signaled);
    cr_expect_eq(status.code, 15);
}

Test(embedding, two_machines_at_once) {
    struct lockstep_machine *first = make(), *second = make();
    start(first, "sleep", NULL);
    start(second, "exit", "2");
    cr_expect_eq(end(second).code, 2);
    lockstep_machine_signal(first, 9);
    cr_expect_eq(end(first).code, 9);
}

Test(embedding, freed_without_a_start) {
    lockstep_machine_free(make());
    lockstep_machine_free(NULL);
}

Test(embedding, freed_while_running) {
    struct lockstep_machine *machine = make();
    start(machine, "sleep", NULL);
    lockstep_machine_free(machine);
}

Test(embedding, program_not_found) {
    struct lockstep_machine *machine = make();
    struct lockstep_error error;
    char *const argv[] = {"x", NULL};
    cr_expect_eq(lockstep_machine_start(machine, "/nonexistent/x", argv, no_env, &error), -1);
    cr_expect_eq(error.kind, LOCKSTEP_NOT_FOUND);
    cr_expect_eq(error.number, 2);
    cr_expect_not_null(strstr(error.text, "/nonexistent/x"));
    lockstep_machine_free(machine);
}

Test(embedding, found_by_name) {
    struct lockstep_machine *machine = make();
    struct lockstep_error error;
    char directory[] = ACT, path[4096];
    *strrchr(directory, '/') = '\0';
    cr_expect_eq(lockstep_machine_find(machine, "act", directory, path, sizeof path, &error), 0);
    cr_expect_str_eq(path, ACT);
    cr_expect_eq(lockstep_machine_find(machine, "act", "/nonexistent", path, sizeof path, &error), -1);
    cr_expect_eq(error.kind, LOCKSTEP_NOT_FOUND);
    lockstep_machine_free(machine);
}

Test(embedding, options_that_do_not_exist) {
    struct lockstep_options options = lockstep_options_default();
    struct lockstep_machine *machine;
    struct lockstep_error error;
    options.engine = "fast";
    cr_expect_eq(lockstep_machine_new(&options, &machine, &error), -1);
    cr_expect_eq(error.kind, LOCKSTEP_UNAVAILABLE);
    cr_expect_null(machine);
}
