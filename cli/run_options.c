/* SPDX-License-Identifier: ISC */
/* Parses the options of "run": --name, --name=value or --name value, up to the program or "--". */
#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool option_engine(struct run_options *options, char *value) {
    options->machine.engine = value;
    return true;
}

static bool option_memory(struct run_options *options, char *value) {
    options->machine.memory = value;
    return true;
}

static bool option_jit_cache(struct run_options *options, char *value) {
    char *end;
    const unsigned long mib = strtoul(value, &end, 10);
    options->machine.jit_cache_mib = (unsigned)mib;
    if (*value >= '0' && *value <= '9' && *end == '\0' && mib >= 1 && mib <= 256) return true;
    complain("--jit-cache needs a number from 1 to 256");
    return false;
}

static bool option_checkpoint_memory(struct run_options *options, char *value) {
    char *end;
    const unsigned long mib = strtoul(value, &end, 10);
    options->checkpoint_mib = (unsigned)mib;
    if (*value >= '0' && *value <= '9' && *end == '\0' && mib <= 1 << 20) return true;
    complain("--checkpoint-memory needs a number from 0 to %d", 1 << 20);
    return false;
}

static bool option_jit_cache_dir(struct run_options *options, char *value) {
    options->machine.jit_cache_dir = value;
    if (*value) return true;
    complain("--jit-cache-dir needs a directory");
    return false;
}

static bool option_cpu(struct run_options *options, char *value) {
    options->machine.cpu = value;
    return true;
}

static bool option_net(struct run_options *options, char *value) {
    options->machine.net = value;
    return true;
}

static bool option_rootfs(struct run_options *options, char *value) {
    options->machine.rootfs = value;
    return true;
}

static bool option_user(struct run_options *options, char *value) {
    options->machine.user = value;
    return true;
}

static bool option_env(struct run_options *options, char *value) {
    if (*value != '\0' && *value != '=') return environment_change(options->environment, value);
    complain("--env needs the name of a variable");
    return false;
}

static bool option_wait(struct run_options *options, char *value) {
    options->machine.go_on = NULL;
    return true;
}

static bool option_fixed(struct run_options *options, char *value) {
    options->machine.fixed_addresses = true;
    return true;
}

static bool option_strace(struct run_options *options, char *value) {
    options->machine.strace = true;
    options->machine.strace_file = value;
    return true;
}

static bool option_strace_count(struct run_options *options, char *value) {
    options->machine.strace_count = true;
    if (value) options->machine.strace_file = value;
    return true;
}

static bool option_strace_filter(struct run_options *options, char *value) {
    options->machine.strace_filter = value;
    return true;
}

static bool option_strace_time(struct run_options *options, char *value) {
    struct lockstep_options *machine = &options->machine;
    bool *const kind = strcmp(value, "clock") == 0      ? &machine->strace_clock
                       : strcmp(value, "relative") == 0 ? &machine->strace_relative
                       : strcmp(value, "duration") == 0 ? &machine->strace_duration
                                                        : NULL;
    if (kind) *kind = true;
    else complain("--strace-time is clock, relative or duration");
    return kind != NULL;
}

static bool option_explain(struct run_options *options, char *value) {
    options->machine.explain_crash = true;
    return true;
}

static bool option_count(struct run_options *options, char *value) {
    options->machine.count = true;
    return true;
}

static bool option_verbose(struct run_options *options, char *value) {
    options->machine.verbose = true;
    return true;
}

static bool option_deterministic(struct run_options *options, char *value) {
    options->machine.deterministic = true;
    return true;
}

static bool option_seed(struct run_options *options, char *value) {
    char *end;
    errno = 0;
    options->machine.seed = strtoull(value, &end, 0);
    options->has_seed = true;
    if (*value >= '0' && *value <= '9' && *end == '\0' && errno == 0) return true;
    complain("--seed needs a number below 2^64");
    return false;
}

static bool option_strategy(struct run_options *options, char *value) {
    options->machine.strategy = value;
    return true;
}

static bool option_depth(struct run_options *options, char *value) {
    char *end;
    const unsigned long depth = strtoul(value, &end, 10);
    options->machine.depth = (unsigned)depth;
    if (*value >= '0' && *value <= '9' && *end == '\0' && depth >= 1 && depth <= 16) return true;
    complain("--depth needs a number from 1 to 16");
    return false;
}

static bool option_schedule(struct run_options *options, char *value) {
    options->machine.schedule = value;
    return true;
}

static bool option_gdb(struct run_options *options, char *value) {
    options->gdb = value;
    return true;
}

static bool option_quiet(struct run_options *options, char *value) {
    options->machine.quiet = true;
    return true;
}

static bool option_help(struct run_options *options, char *value) {
    options->help = true;
    return true;
}

struct option_row {
    const char *name;
    bool (*set)(struct run_options *options, char *value); /* false: it has said why */
    const char *argument;
    const char *help;
};

static const struct option_row rows[] = {
#define OPTION(name, function, argument, help) {name, function, argument, help},
#include "cli/run_options.def"
#undef OPTION
};

enum { N_ROWS = sizeof rows / sizeof rows[0] };

static const struct option_row *find_row(const char *name, size_t n) {
    for (int i = 0; i < N_ROWS; i++) {
        if (strlen(rows[i].name) == n && strncmp(rows[i].name, name, n) == 0) return &rows[i];
    }
    return NULL;
}

int run_options_words(const char *word) {
    const struct option_row *row = strncmp(word, "--", 2) == 0 ? find_row(word + 2, strlen(word + 2)) : NULL;
    return row && row->argument && *row->argument != '[' ? 2 : 1;
}

int run_options_parse_one(struct run_options *options, const struct invocation *invocation, int at) {
    char *name = invocation->argv[at] + 2;
    char *equals = strchr(name, '=');
    const size_t n = equals ? (size_t)(equals - name) : strlen(name);
    const struct option_row *row = find_row(name, n);
    char *value = equals ? equals + 1 : NULL;
    if (!row) {
        complain("unknown option --%.*s; see lockstep run --help", (int)n, name);
        return -1;
    }
    if (!row->argument && value) {
        complain("--%s takes no value", row->name);
        return -1;
    }
    if (row->argument && *row->argument != '[' && !value) {
        if (++at >= invocation->argc) {
            complain("--%s needs a value: --%s=%s", row->name, row->name, row->argument);
            return -1;
        }
        value = invocation->argv[at];
    }
    return row->set(options, value) ? at + 1 : -1;
}

int run_options_parse(struct run_options *options, const struct invocation *invocation) {
    int at = 1;
    while (at >= 0 && at < invocation->argc) {
        const char *argument = invocation->argv[at];
        if (argument[0] != '-') return at;
        if (strcmp(argument, "--") == 0) return at + 1;
        if (strcmp(argument, "-o") == 0 && at + 1 < invocation->argc) {
            options->output = invocation->argv[at + 1];
            at += 2;
            continue;
        }
        if (argument[1] != '-') {
            complain("unknown option %s; see lockstep run --help", argument);
            return -1;
        }
        at = run_options_parse_one(options, invocation, at);
    }
    return at;
}

void run_options_print(void) {
    for (int i = 0; i < N_ROWS; i++) {
        char left[40];
        const bool optional = rows[i].argument && *rows[i].argument == '[';
        snprintf(left, sizeof left, "--%s%s%s", rows[i].name, rows[i].argument && !optional ? "=" : "",
                 rows[i].argument ? rows[i].argument : "");
        printf("  %-20s %s\n", left, rows[i].help);
    }
}
