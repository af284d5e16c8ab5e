/* SPDX-License-Identifier: ISC */
/* Runs a program under many schedules. The coordinator starts workers, copies of this process; each makes a machine and runs it to the place
 * where the program stops being one thread; from there on every schedule is a copy of the worker. What a copy finds it sends through a
 * pipe. Only the coordinator talks to people.
 * Invariant: whatever guests and copies do, the coordinator's descriptors and memory are its own, save struct explore_shared. */
#pragma once

#include "include/lockstep/lockstep.h"

#include <stdbool.h>
#include <stdint.h>

struct explore_options {
    struct lockstep_options machine;
    const char *path_search;  /* PATH for argv[0]; may be NULL */
    char *const *argv, *const *envp;
    const char *strategy;     /* NULL: all of those that decide at points, in turn */
    unsigned depth;
    uint64_t seed, runs, seconds; /* seconds 0: no limit */
    unsigned jobs;
    bool first_only;          /* ends at the first failure */
    bool quiet;               /* no progress */
    const char *expect;       /* file with the right output; NULL: any output is */
    const char *directory;    /* for results; NULL: none are kept */
};

enum explore_result { EXPLORE_CLEAN, EXPLORE_FAILED, EXPLORE_ERROR };

/* Complaints about the program or a file go into *error (EXPLORE_ERROR); results to stdout. */
enum explore_result explore(const struct explore_options *options, struct lockstep_error *error);
