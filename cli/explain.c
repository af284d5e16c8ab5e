/* SPDX-License-Identifier: ISC */
/* "lockstep explain": a failing run, from its trace or its schedule, down to the switches that it needs. */
#include "explore/shrink.h"

#include "cli/cli.h"
#include "include/lockstep/trace.h"

#include <stdio.h>
#include <string.h>

enum { DEFAULT_RUNS = 5000, DEFAULT_SECONDS = 60, STANDARD_OUTPUT = 1 };

static int print_help(void) {
    printf("usage: lockstep explain [-o SCHEDULE] TRACE\n"
           "       lockstep explain [-o SCHEDULE] --schedule=FILE [--seed=N] PROGRAM [ARGUMENTS]\n\n"
           "Runs a failing program again and again with fewer switches of its threads, up to %d\n"
           "times or %d s, and says which ones the failure needs, where they are, and which accesses\n"
           "to memory they come between. -o keeps the shortest schedule for \"lockstep run\n"
           "--deterministic --seed=N --schedule=FILE\". The program's input is empty meanwhile.\n"
           "The exit status is 0 when the failure was found again, 125 otherwise.\n", DEFAULT_RUNS, DEFAULT_SECONDS);
    return 0;
}

static int explain(const struct run_options *run, char *const *argv, char *const *envp) {
    const struct shrink_options options = {.machine = run->machine, .path_search = environment_get(envp, "PATH"), .argv = argv, .envp = envp,
                                           .runs = DEFAULT_RUNS, .seconds = DEFAULT_SECONDS};
    struct lockstep_error error;
    const struct shrink_result *result = shrink(&options, &error);
    if (!result) return report_error(&error);
    if (shrink_report(result, run->machine.rootfs, STANDARD_OUTPUT) < 0) {
        complain("cannot write what was found");
        return STATUS_BAD_USE;
    }
    if (run->output && shrink_write_schedule(result, run->output) < 0) {
        complain("cannot write the schedule to %s", run->output);
        return STATUS_BAD_USE;
    }
    return 0;
}

static int explain_trace(struct run_options *run, const char *path) {
    struct lockstep_trace *trace;
    struct lockstep_error error;
    if (lockstep_trace_open(path, &trace, &error)) return report_error(&error);
    lockstep_trace_apply(trace, &run->machine);
    const int status = explain(run, lockstep_trace_argv(trace), lockstep_trace_envp(trace));
    lockstep_trace_close(trace);
    return status;
}

static int parse_and_explain(struct run_options *run, const struct invocation *invocation) {
    const int at = run_options_parse(run, invocation);
    if (at < 0) return STATUS_BAD_USE;
    if (run->help) return print_help();
    if (at >= invocation->argc) {
        complain("explain needs a trace, or --schedule and a program; see lockstep explain --help");
        return STATUS_BAD_USE;
    }
    run->machine.deterministic = true;
    if (run->machine.schedule) return explain(run, invocation->argv + at, run->environment->entries);
    if (at + 1 == invocation->argc) return explain_trace(run, invocation->argv[at]);
    complain("explain takes one trace; a program needs --schedule");
    return STATUS_BAD_USE;
}

int command_explain(const struct invocation *invocation) {
    struct environment environment;
    struct run_options run = {.machine = lockstep_options_default(), .environment = &environment};
    int status = STATUS_BAD_USE;
    if (environment_init(&environment, invocation->envp)) status = parse_and_explain(&run, invocation);
    else complain("no memory");
    environment_fini(&environment);
    return status;
}
