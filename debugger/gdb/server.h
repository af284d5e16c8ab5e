/* SPDX-License-Identifier: ISC */
/* The gdb remote serial protocol over two host descriptors. Source: "Debugging with GDB", appendix E. */
#pragma once

#include "debugger/target.h"

/* Serves a machine that has been started until gdb lets go of it or is gone; then the machine runs on, or has been told to end. trip:
 * NULL unless the machine is a replay, which is just left then. */
struct gdb_trip;
void gdb_serve(struct target *target, int in, int out, struct gdb_trip *trip);
/* Serves a replay, which gdb can make run backwards. Each machine lives in a copy of our process, which ends to go back: the next one runs
 * from the beginning to where gdb wants to be. make: a new machine, again: what it prints has been seen; start: starts it. Both say what is wrong themselves, and return NULL and
 * not 0. The caller's process has no other thread. Returns 0 or -E. */
struct gdb_player {
    struct target *(*make)(void *arg, bool again);
    int (*start)(struct target *target, void *arg);
    void *arg;
};
int gdb_serve_replay(const struct gdb_player *player, int in, int out);

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
