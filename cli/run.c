/* SPDX-License-Identifier: ISC */
/* "lockstep run": one machine, one program; our exit status is the program's. */
#include "cli/cli.h"

#include "host/first_touch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 4096 };

static int wait_for(struct lockstep_machine *machine) {
    struct lockstep_status status;
    lockstep_machine_wait(machine, &status);
    return status.signaled ? STATUS_SIGNALED + status.code : status.code;
}

/* In the process that is behind the one that was started. */
static void go_on(struct lockstep_machine *machine) {
    const int status = wait_for(machine);
    lockstep_machine_free(machine);
    exit(status);
}

/* The machine is there; finds and runs argv[0]. */
static int run_program(struct lockstep_machine *machine, char *const *argv, char *const *envp) {
    struct lockstep_error error;
    char path[PATH_SIZE];
    const char *search = environment_get(envp, "PATH");
    if (lockstep_machine_find(machine, argv[0], search, path, sizeof path, &error)) return report_error(&error);
    if (lockstep_machine_start(machine, path, argv, envp, &error)) return report_error(&error);
    return wait_for(machine);
}

int run_machine(const struct run_options *options, char *const *argv, char *const *envp) {
    struct lockstep_machine *machine;
    struct lockstep_error error;
    if (lockstep_machine_new(&options->machine, &machine, &error)) return report_error(&error);
    const int status = run_program(machine, argv, envp);
    lockstep_machine_free(machine);
    return status;
}

static int print_help(void) {
    printf("usage: lockstep run [OPTIONS] [--] PROGRAM [ARGUMENTS]\n\n"
           "Runs a Linux x86-64 program. The exit status is the program's, or 128 plus the\n"
           "number of the signal that ended it; 125, 126, 127 are lockstep's own: bad use,\n"
           "program not executable, program not found. Processes that the program leaves\n"
           "behind go on in the background.\n\n");
    run_options_print();
    return 0;
}

static int parse_and_run(struct run_options *options, const struct invocation *invocation) {
    const int program = run_options_parse(options, invocation);
    if (program < 0) return STATUS_BAD_USE;
    if (options->help) return print_help();
    if (options->has_seed && !options->machine.deterministic) {
        complain("--seed is for --deterministic");
        return STATUS_BAD_USE;
    }
    const bool is_chosen = options->machine.strategy || options->machine.schedule || options->machine.depth;
    if (is_chosen && !options->machine.deterministic) {
        complain("--strategy, --depth and --schedule are for --deterministic");
        return STATUS_BAD_USE;
    }
    if (options->gdb) {
        complain("--gdb is for lockstep debug");
        return STATUS_BAD_USE;
    }
    if (program < invocation->argc) return run_machine(options, invocation->argv + program, options->environment->entries);
    complain("no program to run; see lockstep run --help");
    return STATUS_BAD_USE;
}

int command_run(const struct invocation *invocation) {
    host_first_touch();
    struct environment environment;
    struct run_options options = {.machine = lockstep_options_default(), .environment = &environment};
    options.machine.forward_signals = options.machine.lend_thread = true;
    options.machine.inherit_descriptors = true;
    options.machine.report_faults = true;
    options.machine.go_on = go_on;
    int status = STATUS_BAD_USE;
    if (environment_init(&environment, invocation->envp)) status = parse_and_run(&options, invocation);
    else complain("no memory");
    environment_fini(&environment);
    return status;
}
