/* SPDX-License-Identifier: ISC */
/* Recordings as files: what was recorded, and how to run it again.
 *
 *     struct lockstep_trace *trace;
 *     if (lockstep_trace_open("prog.trace", &trace, &error)) ...
 *     struct lockstep_options options = lockstep_options_default();
 *     lockstep_trace_apply(trace, &options);
 *     ... lockstep_machine_new(&options, ...), then find and start lockstep_trace_argv(trace) with lockstep_trace_envp(trace)
 *
 * Where a replay differs from its recording, and where a recording that was cut off ends, the process says so and exits with 125. */
#pragma once

#include "include/lockstep/lockstep.h"

#ifdef __cplusplus
extern "C" {
#endif

struct lockstep_trace;

/* Whether a file looks like a trace. */
bool lockstep_trace_is(const char *path);
/* Returns 0, or -1 with *error filled: no trace, a damaged one, or one of another version. */
int lockstep_trace_open(const char *path, struct lockstep_trace **trace, struct lockstep_error *error);
/* After the machine that replays it. */
void lockstep_trace_close(struct lockstep_trace *trace);
/* Sets what the recording was made with, and to replay it; leaves engine, memory and what only shows alone. The trace outlives the machine;
 * one machine replays it once. */
void lockstep_trace_apply(struct lockstep_trace *trace, struct lockstep_options *options);
/* Of the recorded program, NULL-terminated; live as long as the trace. */
char *const *lockstep_trace_argv(const struct lockstep_trace *trace);
char *const *lockstep_trace_envp(const struct lockstep_trace *trace);

/* Writes to out (a FILE *) what the trace is and holds; dump: every entry, too. Returns 0, or -1 with *error filled: up to where the trace is
 * cut off or damaged it has been written then. */
int lockstep_trace_describe(const char *path, bool dump, void *out, struct lockstep_error *error);
/* Writes the same trace, compressed as far as it goes. Returns 0, or -1 with *error filled. */
int lockstep_trace_pack(const char *path, const char *to, struct lockstep_error *error);

#ifdef __cplusplus
}
#endif
