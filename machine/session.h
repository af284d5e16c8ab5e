/* SPDX-License-Identifier: ISC */
/* A machine that is recorded or replayed. For machine/ only. */
#pragma once

#include "include/lockstep/trace.h"
#include "machine/machine.h"

struct trace_reader;

struct lockstep_trace {
    struct trace_reader *reader; /* owned until a machine takes it */
    char **argv, **envp;         /* owned lists of owned strings */
    char *cpu, *net, *rootfs, *user; /* owned; NULL: not set */
    struct lockstep_options options;
    unsigned points;
};

/* Before anything else of the machine is made, if the options say so; the calling thread has the machine's door then. Returns 0 or -1. */
int machine_make_session(struct lockstep_machine *machine, const struct lockstep_options *options, struct lockstep_error *error);
/* progress.c: before the machine has its door. */
void machine_show_progress(struct lockstep_machine *machine, const struct lockstep_options *options);
/* The strategy of the machine's scheduler. */
struct strategy *machine_session_strategy(struct lockstep_machine *machine, struct strategy *inner);
/* Everything else is gone. */
void machine_end_session(struct lockstep_machine *machine);
