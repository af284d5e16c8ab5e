/* SPDX-License-Identifier: ISC */
/* What coordinator, workers and their copies have in common. Private to explore/. Everything here may be written by anybody at any time:
 * single words, each right by itself. */
#pragma once

#include "explore/explore.h"
#include "machine/branch.h"

#include <stdatomic.h>

enum { EXPLORE_KEYS = 1024, EXPLORE_REPORT_TEXT = 2048 };

struct explore_shared {
    _Atomic uint64_t next_run;
    _Atomic uint32_t stop;
    _Atomic uint64_t n_questions;        /* of a usual run */
    _Atomic uint32_t n_threads;          /* that a run made, at most */
    struct machine_learned learned;
    _Atomic uint64_t longest;            /* run without a failure, in instructions from the branch on */
    _Atomic uint64_t keys[EXPLORE_KEYS]; /* of failures, each kept by the first that finds it; 0: free */
};

enum explore_kind { EXPLORE_OK, EXPLORE_SIGNAL, EXPLORE_EXIT, EXPLORE_OUTPUT, EXPLORE_DEADLOCK, EXPLORE_HANG, EXPLORE_BROKEN };

/* One run as a copy reports it; at most HOST_BRANCH_MESSAGE bytes. */
struct explore_report {
    uint64_t run;            /* number of the schedule; its seed is explore_seed() of it */
    uint64_t retired, n_questions;
    uint64_t behaviour;      /* equal for what looks alike from outside */
    uint64_t key;            /* of a failure */
    uint32_t kind;           /* enum explore_kind */
    int32_t code;            /* exit code or signal */
    bool is_first;           /* it has written the failure's files */
    char strategy[16];
    char text[EXPLORE_REPORT_TEXT];
};

struct explore_worker {
    const struct explore_options *options;
    struct explore_shared *shared;
    int report_fd;           /* of the pipe to the coordinator */
    uint64_t expected;       /* hash of the right output, if options->expect */
};

/* worker.c: the life of a worker; ends its process. */
_Noreturn void explore_work(const struct explore_worker *worker);
uint64_t explore_seed(const struct explore_options *options, uint64_t run);
/* Returns 0 or -E. */
int explore_hash_file(int fd, uint64_t *out);
/* Standard input becomes empty, output and error files in memory, their other descriptors *out and *err. Returns 0 or -E. */
int explore_redirect(int *out, int *err);
/* Path of a failure's file; ending: "schedule", "output", "trace". */
void explore_failure_path(char *out, size_t size, const struct explore_options *options, uint64_t key, const char *ending);

/* trace.c: does a failure's kept schedule again and records it beside it. False: it could not. */
bool explore_record(const struct explore_options *options, uint64_t key, enum explore_kind kind);

/* report.c */
struct explore_tally;
struct explore_tally *explore_tally_new(const struct explore_options *options); /* NULL without memory */
void explore_tally_free(struct explore_tally *tally);
void explore_tally_add(struct explore_tally *tally, const struct explore_report *report);
/* When nothing runs any more: traces of all failures, if there is a directory. */
void explore_tally_record(struct explore_tally *tally);
void explore_tally_show(struct explore_tally *tally, bool is_last);
uint64_t explore_tally_runs(const struct explore_tally *tally);
uint64_t explore_tally_failures(const struct explore_tally *tally);
