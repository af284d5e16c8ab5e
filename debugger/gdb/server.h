/* SPDX-License-Identifier: ISC */
/* The gdb remote serial protocol over two host descriptors. Source: "Debugging with GDB", appendix E. */
#pragma once

#include "debugger/target.h"

/* Serves a machine that has been started until gdb lets go of it or is gone; then the machine runs on, or has been told to end. history:
 * NULL unless the machine is a replay, which is just left then. */
struct history;
void gdb_serve(struct target *target, int in, int out, struct history *history);
/* Serves a replay, which gdb can make run backwards (debugger/history.h, also for make, start and memory). The caller's process has no
 * other thread. Returns 0 or what history_run does. */
struct gdb_replay {
    struct target *(*make)(void *arg, uint64_t *shown);
    int (*start)(struct target *target, void *arg);
    void *arg;
    int in, out;
    uint64_t memory;
};
int gdb_serve_replay(struct gdb_replay *replay);

/* Where gdb talks to us: what --gdb says. Two descriptors, perhaps the same one. */
struct gdb_line {
    int in, out;
};
/* "-": our standard input and output, before the machine starts; it then has neither: nothing to read, and our standard error to write to.
 * Returns 0 or -E. */
int gdb_line_of_standard_files(struct gdb_line *out);
/* Waits at a TCP port of the loopback address for gdb. say: called with the port as soon as it listens (port 0: one that is free).
 * Returns 0 or -E. */
int gdb_line_accept(struct gdb_line *out, int port, void (*say)(int port));
void gdb_line_close(struct gdb_line *line);
