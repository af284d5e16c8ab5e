/* SPDX-License-Identifier: ISC */
/* "lockstep record" and "lockstep replay": a deterministic run with a trace of it, and the same run from the trace. */
#include "cli/cli.h"

#include "include/lockstep/trace.h"

#include <stdio.h>

static int print_record_help(void) {
    printf("usage: lockstep record -o TRACE [OPTIONS] [--] PROGRAM [ARGUMENTS]\n\n"
           "Runs a Linux x86-64 program deterministically, and records in TRACE all that comes\n"
           "from outside. The exit status is the program's, as of \"lockstep run\".\n\n");
    run_options_print();
    return 0;
}

static int print_replay_help(void) {
    printf("usage: lockstep replay [OPTIONS] TRACE\n\n"
           "Runs a recorded program again, exactly, without its files, terminal and network.\n"
           "What it printed is shown again, and the exit status is the same; 125 if the trace\n"
           "is damaged or cut off, or if the run differs from the recording, which is said.\n"
           "Options are those of \"lockstep run\" that say how and what is shown:\n"
           "engine, memory, jit-cache, strace..., count, verbose, quiet.\n");
    return 0;
}

static int bad_use(const char *text) {
    complain("%s", text);
    return STATUS_BAD_USE;
}

static int record(struct run_options *options, const struct invocation *invocation) {
    const int program = run_options_parse(options, invocation);
    if (program < 0) return STATUS_BAD_USE;
    if (options->help) return print_record_help();
    if (!options->output) return bad_use("record needs a file to write to: lockstep record -o TRACE PROGRAM");
    if (program >= invocation->argc) return bad_use("no program to record; see lockstep record --help");
    options->machine.record = options->output;
    options->machine.record_argv = invocation->argv + program;
    options->machine.record_envp = options->environment->entries;
    return run_machine(options, invocation->argv + program, options->environment->entries);
}

/* What the recording decides. */
static bool is_decided(const struct lockstep_options *options, bool has_seed) {
    return has_seed || options->deterministic || options->cpu || options->rootfs || options->user || options->fixed_addresses || options->strategy ||
           options->schedule;
}

static int replay(struct run_options *options, const struct invocation *invocation) {
    struct lockstep_trace *trace;
    struct lockstep_error error;
    const int at = run_options_parse(options, invocation);
    if (at < 0) return STATUS_BAD_USE;
    if (options->help) return print_replay_help();
    if (at + 1 != invocation->argc) return bad_use("replay needs one trace: lockstep replay [OPTIONS] TRACE");
    if (is_decided(&options->machine, options->has_seed)) return bad_use("that option is the recording's; see lockstep replay --help");
    if (lockstep_trace_open(invocation->argv[at], &trace, &error)) return report_error(&error);
    lockstep_trace_apply(trace, &options->machine);
    options->machine.progress = true;
    const int status = run_machine(options, lockstep_trace_argv(trace), lockstep_trace_envp(trace));
    lockstep_trace_close(trace);
    return status;
}

static int with_environment(const struct invocation *invocation, int (*fn)(struct run_options *, const struct invocation *)) {
    struct environment environment;
    struct run_options options = {.machine = lockstep_options_default(), .environment = &environment};
    options.machine.forward_signals = true;
    options.machine.inherit_descriptors = true;
    options.machine.report_faults = true;
    const int status = environment_init(&environment, invocation->envp) ? fn(&options, invocation) : bad_use("no memory");
    environment_fini(&environment);
    return status;
}

int command_record(const struct invocation *invocation) {
    return with_environment(invocation, record);
}

int command_replay(const struct invocation *invocation) {
    return with_environment(invocation, replay);
}
