/* SPDX-License-Identifier: ISC */
/* Finds the switches of a failing run that the failure needs: the program is run again and again from the place where it stops being one
 * thread, with turns of its plan left out, as long as it fails in the same way. Each run is a copy of one process. */
#pragma once

#include "explore/explore.h"
#include "machine/branch.h"

struct shrink_options {
    struct lockstep_options machine; /* replay: the run that is explained; else schedule is */
    const char *path_search;         /* PATH for argv[0]; may be NULL */
    char *const *argv, *const *envp;
    uint64_t runs, seconds;          /* at most */
    bool quiet;
};

enum { SHRINK_SWITCHES = 1 << 18, SHRINK_TURNS = 1 << 13, SHRINK_ACCESSES = 1 << 18, SHRINK_MAPS = 1 << 18, SHRINK_TEXT = 2048 };

struct shrink_run {
    bool has_ended;
    uint32_t kind;           /* enum explore_kind */
    int32_t code;
    uint64_t key, retired;
    uint64_t n_turns, n_switches, n_accesses; /* all, also those that there was no room for */
    char text[SHRINK_TEXT];
};

/* In memory that the processes share: the one that runs the program writes it, the one that reports reads it afterwards. */
struct shrink_result {
    _Atomic uint32_t stop;
    bool is_broken;          /* why says it in one line */
    char why[320];
    enum lockstep_error_kind kind;
    uint64_t began;          /* retired where the runs part */
    uint64_t n_runs;
    bool is_complete;        /* no turn can be left out */
    struct shrink_run first, last; /* the run that is explained; the one with the fewest turns */
    uint64_t n_turns;
    struct strategy_turn turns[SHRINK_TURNS];         /* the fewest */
    int64_t passing;         /* without this one the program ends well; -1: there is none such */
    uint64_t n_switches;
    struct strategy_switch switches[SHRINK_SWITCHES]; /* of the run that is explained, then of the last */
    struct machine_access accesses[SHRINK_ACCESSES];  /* of the last */
    char maps[SHRINK_MAPS];  /* as in /proc/PID/maps, with the guest's paths */
};

/* Returns the result, to be kept until the process ends, or NULL with *error. */
const struct shrink_result *shrink(const struct shrink_options *options, struct lockstep_error *error);
/* shrink_report.c: for people, to the descriptor `to`, with names if there is somebody who knows them. root: host directory of the guest's /.
 * Returns 0 or -E. */
int shrink_report(const struct shrink_result *result, const char *root, int to);
/* Writes the last run's schedule for run --schedule. Returns 0 or -E. */
int shrink_write_schedule(const struct shrink_result *result, const char *path);
