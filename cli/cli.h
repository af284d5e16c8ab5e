/* SPDX-License-Identifier: ISC */
/* The command line: commands and options are rows (commands.def, run_options.def), which the help and the messages are
 * made from. Uses the public interface only. */
#pragma once

#include "include/lockstep/lockstep.h"

#include <stdbool.h>

/* Exit statuses of our own, as env(1) and the shells have them; others are the guest's. */
enum { STATUS_BAD_USE = 125, STATUS_NOT_RUNNABLE = 126, STATUS_NOT_FOUND = 127, STATUS_SIGNALED = 128 };

/* What a command is called with. argv[0] is the command's name; envp is our own environment. */
struct invocation {
    int argc;
    char **argv;
    char **envp;
};

/* Commands return the exit status. */
int command_run(const struct invocation *invocation);
int command_explore(const struct invocation *invocation);
int command_explain(const struct invocation *invocation);
int command_debug(const struct invocation *invocation);
int command_record(const struct invocation *invocation);
int command_replay(const struct invocation *invocation);
int command_trace(const struct invocation *invocation);

/* Says what was wrong and returns the exit status for it. */
int report_error(const struct lockstep_error *error);

enum { CHECKPOINT_MIB = 1024 };
struct run_options {
    struct lockstep_options machine;
    struct environment *environment; /* borrowed from the caller of run_options_parse */
    bool help;
    bool has_seed;
    const char *gdb; /* of "debug": a port, "-"; NULL */
    unsigned checkpoint_mib; /* of "debug" */
    const char *output; /* -o; NULL: not given */
};

/* Parses up to the program's name. Returns its index in argv (argc when there is none), or -1 after a message. */
int run_options_parse(struct run_options *options, const struct invocation *invocation);
/* Handles argv[at], which begins with "--". Returns the index of the next argument, or -1 after a message. */
int run_options_parse_one(struct run_options *options, const struct invocation *invocation, int at);
/* How many words an option takes with its value, given its first one: 1 or 2. */
int run_options_words(const char *word);
void run_options_print(void);

/* run.c: one machine, from its options to its end. Returns the exit status. */
int run_machine(const struct run_options *options, char *const *argv, char *const *envp);

/* Prints "lockstep: ..." on stderr. */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* environment.c: the environment of the program. */
struct environment {
    char **entries; /* owned list of borrowed strings, NULL-terminated */
    int n, capacity;
};

/* Returns false without memory. */
bool environment_init(struct environment *environment, char **envp);
void environment_fini(struct environment *environment);
/* assignment "VAR=VAL" sets, "VAR" removes. Borrowed for the environment's life. Returns false without memory. */
bool environment_change(struct environment *environment, char *assignment);
/* NULL when it is not set. */
const char *environment_get(char *const *entries, const char *name);
