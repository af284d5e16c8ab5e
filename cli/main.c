/* SPDX-License-Identifier: ISC */
/* Picks the sub-command. */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

struct command {
    const char *name;
    int (*run)(const struct invocation *invocation);
    const char *synopsis;
    const char *help;
};

static const struct command commands[] = {
#define COMMAND(name, function, synopsis, help) {#name, function, synopsis, help},
#include "cli/commands.def"
#undef COMMAND
};

enum { N_COMMANDS = sizeof commands / sizeof commands[0] };

static int print_help(void) {
    printf("usage: lockstep COMMAND ...\n       lockstep --help | --version\n\n");
    for (int i = 0; i < N_COMMANDS; i++) {
        const struct command *command = &commands[i];
        printf("  %-8s %-30s %s\n", command->name, command->synopsis, command->help);
    }
    return 0;
}

static int print_version(void) {
    printf("lockstep %s\n", lockstep_version());
    return 0;
}

static const struct command *find_command(const char *name) {
    for (int i = 0; i < N_COMMANDS; i++) {
        if (strcmp(commands[i].name, name) == 0) return &commands[i];
    }
    return NULL;
}

int main(int argc, char **argv, char **envp) {
    if (argc < 2) {
        complain("no command; see lockstep --help");
        return STATUS_BAD_USE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) return print_help();
    if (strcmp(argv[1], "--version") == 0) return print_version();
    const struct command *command = find_command(argv[1]);
    if (!command) {
        complain("unknown command '%s'; see lockstep --help", argv[1]);
        return STATUS_BAD_USE;
    }
    const struct invocation invocation = {argc - 1, argv + 1, envp};
    return command->run(&invocation);
}
