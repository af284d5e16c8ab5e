/* SPDX-License-Identifier: ISC */
/* The gdb remote serial protocol over two host descriptors. Source: "Debugging with GDB", appendix E. */
#pragma once

#include "debugger/target.h"

/* Serves a machine that has been started until gdb lets go of it or is gone; then the machine runs on, or has been told to end. */
void gdb_serve(struct target *target, int in, int out);

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
