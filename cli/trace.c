/* SPDX-License-Identifier: ISC */
/* "lockstep trace": looks at recordings. */
#include "cli/cli.h"

#include "include/lockstep/trace.h"

#include <stdio.h>
#include <string.h>

static int info(char **argv) {
    struct lockstep_error error;
    return lockstep_trace_describe(argv[0], false, stdout, &error) ? report_error(&error) : 0;
}

static int dump(char **argv) {
    struct lockstep_error error;
    return lockstep_trace_describe(argv[0], true, stdout, &error) ? report_error(&error) : 0;
}

static int pack(char **argv) {
    struct lockstep_error error;
    return lockstep_trace_pack(argv[0], argv[1], &error) ? report_error(&error) : 0;
}

struct trace_command {
    const char *name;
    int (*run)(char **argv);
    int n_arguments;
    const char *synopsis, *help;
};

static const struct trace_command commands[] = {
    {"info", info, 1, "info TRACE", "say what was recorded, how it ended, and how large the parts are"},
    {"dump", dump, 1, "dump TRACE", "print every event, too"},
    {"pack", pack, 2, "pack TRACE FILE", "write the same trace, as small as it gets"},
};

enum { N_COMMANDS = sizeof commands / sizeof commands[0] };

static int print_help(void) {
    printf("usage: lockstep trace COMMAND ...\n\n");
    for (int i = 0; i < N_COMMANDS; i++) printf("  %-16s %s\n", commands[i].synopsis, commands[i].help);
    return 0;
}

int command_trace(const struct invocation *invocation) {
    const char *name = invocation->argc > 1 ? invocation->argv[1] : "";
    if (strcmp(name, "--help") == 0) return print_help();
    for (int i = 0; i < N_COMMANDS; i++) {
        if (strcmp(commands[i].name, name) != 0) continue;
        if (invocation->argc == 2 + commands[i].n_arguments) return commands[i].run(invocation->argv + 2);
        complain("use: lockstep trace %s", commands[i].synopsis);
        return STATUS_BAD_USE;
    }
    complain("trace needs a command: info, dump, pack; see lockstep trace --help");
    return STATUS_BAD_USE;
}
