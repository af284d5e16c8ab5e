/* SPDX-License-Identifier: ISC */
/* "lockstep explore": one program, many schedules. Exit status 0: no failure; 1: some; 125 and above as for "run". */
#include "explore/explore.h"

#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_RUNS = 1000, JOBS_MAX = 256, DEPTH_MAX = 16 };

static bool number(const char *name, const char *value, uint64_t min, uint64_t max, uint64_t *out) {
    char *end;
    errno = 0;
    *out = strtoull(value, &end, 0);
    if (*value >= '0' && *value <= '9' && *end == '\0' && errno == 0 && *out >= min && *out <= max) return true;
    complain("--%s needs a number from %llu to %llu", name, (unsigned long long)min, (unsigned long long)max);
    return false;
}

static bool explore_runs(struct explore_options *options, char *value) {
    return number("runs", value, 1, UINT64_MAX - 1, &options->runs);
}

static bool explore_seconds(struct explore_options *options, char *value) {
    return number("seconds", value, 1, 1u << 30, &options->seconds);
}

static bool explore_jobs(struct explore_options *options, char *value) {
    uint64_t jobs;
    const bool is_good = number("jobs", value, 1, JOBS_MAX, &jobs);
    options->jobs = (unsigned)jobs;
    return is_good;
}

static bool explore_strategy(struct explore_options *options, char *value) {
    options->strategy = value;
    return true;
}

static bool explore_depth(struct explore_options *options, char *value) {
    uint64_t depth;
    const bool is_good = number("depth", value, 1, DEPTH_MAX, &depth);
    options->depth = (unsigned)depth;
    return is_good;
}

static bool explore_seed_of(struct explore_options *options, char *value) {
    return number("seed", value, 0, UINT32_MAX, &options->seed);
}

static bool explore_expect(struct explore_options *options, char *value) {
    options->expect = value;
    return true;
}

static bool explore_first(struct explore_options *options, char *value) {
    options->first_only = true;
    return true;
}

static bool explore_quiet(struct explore_options *options, char *value) {
    options->quiet = true;
    return true;
}

static bool explore_output(struct explore_options *options, char *value) {
    options->directory = value;
    return true;
}

static const struct option_row {
    const char *name;
    bool (*set)(struct explore_options *options, char *value); /* false: it has said why */
    const char *argument, *help;
} rows[] = {
#define OPTION(name, function, argument, help) {name, function, argument, help},
#include "cli/explore_options.def"
#undef OPTION
};

enum { N_ROWS = sizeof rows / sizeof rows[0] };

static const struct option_row *find_row(const char *name, size_t n) {
    for (int i = 0; i < N_ROWS; i++) {
        if (strlen(rows[i].name) == n && strncmp(rows[i].name, name, n) == 0) return &rows[i];
    }
    return NULL;
}

/* Handles argv[at]; options that are not ours are run's. Returns the index of the next argument, or -1 after a message. */
static int parse_one(struct explore_options *options, struct run_options *run, const struct invocation *invocation, int at) {
    char *name = strcmp(invocation->argv[at], "-o") == 0 ? (char *)(uintptr_t)"output" : invocation->argv[at] + 2;
    char *equals = strchr(name, '=');
    const struct option_row *row = find_row(name, equals ? (size_t)(equals - name) : strlen(name));
    char *value = equals ? equals + 1 : NULL;
    if (!row) return run_options_parse_one(run, invocation, at);
    if (!row->argument && value) {
        complain("--%s takes no value", row->name);
        return -1;
    }
    if (row->argument && !value && ++at < invocation->argc) value = invocation->argv[at];
    if (row->argument && !value) {
        complain("--%s needs a value: --%s=%s", row->name, row->name, row->argument);
        return -1;
    }
    return row->set(options, value) ? at + 1 : -1;
}

/* Returns the index of the program, or -1 after a message. */
static int parse(struct explore_options *options, struct run_options *run, const struct invocation *invocation) {
    int at = 1;
    while (at >= 0 && at < invocation->argc) {
        const char *argument = invocation->argv[at];
        if (argument[0] != '-') return at;
        if (strcmp(argument, "--") == 0) return at + 1;
        if (argument[1] != '-' && strcmp(argument, "-o") != 0) {
            complain("unknown option %s; see lockstep explore --help", argument);
            return -1;
        }
        at = parse_one(options, run, invocation, at);
    }
    return at;
}

static int print_help(void) {
    printf("usage: lockstep explore [OPTIONS] [--] PROGRAM [ARGUMENTS]\n\n"
           "Runs a program under many schedules of its threads and processes, from the place on\n"
           "where it makes the first one, and reports each kind of failure once: a signal, an exit\n"
           "status other than 0, a deadlock, a hang, or the wrong output. Its input is empty. The\n"
           "exit status is 0 when nothing failed, 1 when something did, 125 for bad use.\n\n");
    for (int i = 0; i < N_ROWS; i++) {
        char left[40];
        snprintf(left, sizeof left, "--%s%s%s", rows[i].name, rows[i].argument ? "=" : "", rows[i].argument ? rows[i].argument : "");
        printf("  %-20s %s\n", left, rows[i].help);
    }
    printf("\nand those of lockstep run --help.\n");
    return 0;
}

static int run(struct explore_options *options, struct run_options *run_options) {
    struct lockstep_error error;
    options->machine = run_options->machine;
    options->machine.deterministic = true;
    options->machine.seed = options->seed;
    options->machine.engine = "interp";
    options->machine.memory = "paged";
    options->envp = run_options->environment->entries;
    options->path_search = environment_get(run_options->environment->entries, "PATH");
    switch (explore(options, &error)) {
    case EXPLORE_CLEAN: return 0;
    case EXPLORE_FAILED: return 1;
    default: return report_error(&error);
    }
}

int command_explore(const struct invocation *invocation) {
    struct environment environment;
    struct run_options run_options = {.machine = lockstep_options_default(), .environment = &environment};
    struct explore_options options = {.runs = DEFAULT_RUNS, .jobs = 1};
    int status = STATUS_BAD_USE;
    if (!environment_init(&environment, invocation->envp)) {
        complain("no memory");
        return STATUS_BAD_USE;
    }
    const int program = parse(&options, &run_options, invocation);
    if (run_options.help) {
        status = print_help();
    } else if (program >= 0 && program >= invocation->argc) {
        complain("no program to explore; see lockstep explore --help");
    } else if (program >= 0) {
        options.argv = invocation->argv + program;
        status = run(&options, &run_options);
    }
    environment_fini(&environment);
    return status;
}
