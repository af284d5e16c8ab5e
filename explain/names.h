/* SPDX-License-Identifier: ISC */
/* lockstep-explain --names ROOT: a text comes in behind the mappings of a process (lines of /proc/PID/maps, then an empty one) and goes out with
 * names behind the addresses in it. For explain/ only. */
#pragma once

/* Returns the exit status. root: host directory that file names are in. */
int names_filter(const char *root);
