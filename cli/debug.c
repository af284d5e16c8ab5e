/* SPDX-License-Identifier: ISC */
/* "lockstep debug": a program on a deterministic machine that a debugger drives: gdb, or lockstep-debug, which we become. With gdb our exit
 * status is the program's. */
#include "cli/cli.h"

#include "debugger/gdb/server.h"
#include "host/helper.h"
#include "include/lockstep/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TERMINAL "lockstep-debug"
enum { PATH_SIZE = 4096, PORT_MAX = 65535 };

static void say_port(int port) {
    fprintf(stderr, "lockstep: waiting for gdb, which takes: target remote 127.0.0.1:%d\n", port);
}

/* Returns the port, 0 to PORT_MAX, or -1. */
static long port_of(const char *word) {
    char *end;
    const long port = strtol(word, &end, 10);
    return *word >= '0' && *word <= '9' && *end == '\0' && port <= PORT_MAX ? port : -1;
}

static int start(struct target *target, char *const *argv, char *const *envp, struct lockstep_error *error) {
    char path[PATH_SIZE];
    const char *search = environment_get(envp, "PATH");
    if (lockstep_machine_find(target_machine(target), argv[0], search, path, sizeof path, error)) return -1;
    return target_start(target, path, argv, envp, error);
}

/* False after a message. */
static bool wait_for_gdb(struct gdb_line *line, long port) {
    const int r = line->in >= 0 ? 0 : gdb_line_accept(line, (int)port, say_port);
    if (r < 0) complain("cannot wait for gdb at port %ld of 127.0.0.1: error %d; is it in use?", port, -r);
    return r == 0;
}

/* The program has started. */
static int serve(struct target *target, struct gdb_line *line, long port) {
    struct lockstep_status status;
    if (!wait_for_gdb(line, port)) return STATUS_BAD_USE;
    gdb_serve(target, line->in, line->out, NULL);
    gdb_line_close(line);
    lockstep_machine_wait(target_machine(target), &status);
    return status.signaled ? STATUS_SIGNALED + status.code : status.code;
}

static int debug(const struct run_options *options, char **argv, struct gdb_line *line, long port) {
    const struct target_options target_options = {.machine = options->machine};
    struct target *target;
    struct lockstep_error error;
    if (target_new(&target_options, &target, &error)) return report_error(&error);
    const int status = start(target, argv, options->environment->entries, &error) ? report_error(&error) : serve(target, line, port);
    target_free(target);
    return status;
}

/* --- A trace --- */

struct recording {
    const struct run_options *options;
    const char *path;
    struct lockstep_trace *trace; /* of the machine that was made last */
};

static struct target *make_replay(void *arg, uint64_t *shown) {
    struct recording *recording = arg;
    struct target_options options = {.machine = recording->options->machine};
    struct target *target;
    struct lockstep_error error;
    if (lockstep_trace_open(recording->path, &recording->trace, &error)) {
        report_error(&error);
        return NULL;
    }
    lockstep_trace_apply(recording->trace, &options.machine);
    options.machine.shown = shown;
    if (target_new(&options, &target, &error) == 0) return target;
    report_error(&error);
    return NULL;
}

static int start_replay(struct target *target, void *arg) {
    const struct recording *recording = arg;
    struct lockstep_error error;
    const int r = start(target, lockstep_trace_argv(recording->trace), lockstep_trace_envp(recording->trace), &error);
    if (r) report_error(&error);
    return r;
}

static int debug_trace(const struct run_options *options, const char *path, struct gdb_line *line, long port) {
    struct recording recording = {.options = options, .path = path};
    struct gdb_replay replay = {make_replay, start_replay, &recording, .memory = (uint64_t)options->checkpoint_mib << 20};
    struct lockstep_error error;
    if (lockstep_trace_open(path, &recording.trace, &error)) return report_error(&error);
    lockstep_trace_close(recording.trace); /* each machine opens it anew */
    if (!wait_for_gdb(line, port)) return STATUS_BAD_USE;
    replay.in = line->in;
    replay.out = line->out;
    const int r = gdb_serve_replay(&replay);
    gdb_line_close(line);
    if (r < 0) complain("cannot replay: error %d", -r);
    return r == 0 ? 0 : STATUS_BAD_USE;
}

static int debug_any(const struct run_options *options, char **argv, struct gdb_line *line, long port) {
    return !argv[1] && lockstep_trace_is(argv[0]) ? debug_trace(options, argv[0], line, port) : debug(options, argv, line, port);
}

static int debug_with_gdb(const struct run_options *options, char **argv) {
    struct gdb_line line = {-1, -1};
    const long port = port_of(options->gdb);
    if (strcmp(options->gdb, "-") != 0) {
        if (port >= 0) return debug_any(options, argv, &line, port);
        complain("--gdb needs a port, 0 to %d, or -", PORT_MAX);
        return STATUS_BAD_USE;
    }
    if (gdb_line_of_standard_files(&line) == 0) return debug_any(options, argv, &line, 0);
    complain("--gdb=- needs a standard input and output");
    return STATUS_BAD_USE;
}

static int print_help(void) {
    printf("usage: lockstep debug [--gdb=PORT|-] [OPTIONS] [--] PROGRAM [ARGUMENTS]\n\n"
           "Runs a Linux x86-64 program on a deterministic machine (--seed, 0) that gdb drives:\n"
           "it stops before the first instruction and waits for \"target remote\". What gdb does\n"
           "does not change the run, unless it holds threads or writes to it. Without --gdb\n"
           "commands come from the terminal:\n\n"
           "  -e COMMAND           do this first; may be there several times\n"
           "  -x FILE              do the commands in FILE first\n"
           "  --batch              end after those\n"
           "  --json               say what comes of each command as one line of JSON\n\n");
    run_options_print();
    return 0;
}

static int parse_and_debug(struct run_options *options, const struct invocation *invocation) {
    const int program = run_options_parse(options, invocation);
    if (program < 0) return STATUS_BAD_USE;
    if (options->help) return print_help();
    if (program >= invocation->argc) {
        complain("no program to debug; see lockstep debug --help");
        return STATUS_BAD_USE;
    }
    return debug_with_gdb(options, invocation->argv + program);
}

/* Whether the options say what is ours to do. */
static bool is_for_us(const struct invocation *invocation) {
    const char *word;
    for (int i = 1; i < invocation->argc && (word = invocation->argv[i])[0] == '-' && strcmp(word, "--") != 0;) {
        const bool has_value = strcmp(word, "-e") == 0 || strcmp(word, "-x") == 0;
        if (strncmp(word, "--gdb", 5) == 0 || strcmp(word, "--help") == 0) return true;
        i += has_value ? 2 : run_options_words(word);
    }
    return false;
}

static int debug_at_terminal(const struct invocation *invocation) {
    host_helper_exec(TERMINAL, invocation->argv, invocation->envp);
    complain("lockstep debug without --gdb needs " TERMINAL " beside this program; it is built where libdw, Capstone and libedit are");
    return STATUS_BAD_USE;
}

int command_debug(const struct invocation *invocation) {
    if (!is_for_us(invocation)) return debug_at_terminal(invocation);
    struct environment environment;
    struct run_options options = {.machine = lockstep_options_default(), .environment = &environment, .checkpoint_mib = CHECKPOINT_MIB};
    options.machine.forward_signals = true;
    options.machine.inherit_descriptors = true;
    options.machine.report_faults = true;
    int status = STATUS_BAD_USE;
    if (environment_init(&environment, invocation->envp)) status = parse_and_debug(&options, invocation);
    else complain("no memory");
    environment_fini(&environment);
    return status;
}
