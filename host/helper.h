/* SPDX-License-Identifier: ISC */
/* Programs of ours that lie beside our own executable: what is seldom needed and would cost at every start. */
#pragma once

#include "host/file.h"

#include <stdbool.h>

/* Facts about our own executable. Returns 0 or -E. */
int host_helper_self(struct host_stat *out);
/* Is there a program of that name? */
bool host_helper_exists(const char *name);
/* Becomes it, with our arguments, environment and descriptors. Returns -E when that cannot be. */
int host_helper_exec(const char *name, char *const argv[], char *const envp[]);
/* Runs it with an empty environment, in and out as its standard input and output, and our standard error, and waits. Returns its exit
 * status, 128 plus the signal that ended it, or -E. argv: NULL-terminated, argv[0] too. */
int host_helper_run(const char *name, char *const argv[], int in, int out);
