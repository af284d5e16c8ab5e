/* SPDX-License-Identifier: ISC */
/* The coordinator: starts workers, counts what they report, and ends them. */
#include "explore/shared.h"

#include "base/error.h"
#include "host/branch.h"
#include "host/clock.h"
#include "host/file.h"
#include "syscall/linux/abi/fcntl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOW_INTERVAL_NS = 250000000, JOBS_MAX = 256, POLL_IN = 1 };
#define NS_PER_SECOND INT64_C(1000000000)

struct coordinator {
    const struct explore_options *options;
    struct explore_shared *shared;
    struct explore_tally *tally;
    int pipe[2];
    int64_t deadline_ns, shown_ns;
    int64_t workers[JOBS_MAX];
    unsigned n_workers;
    struct lockstep_error *error;
    bool is_broken;
};

static int fail(struct lockstep_error *error, int number, const char *what, const char *name) {
    *error = (struct lockstep_error){.kind = LOCKSTEP_UNAVAILABLE, .number = -number};
    snprintf(error->text, sizeof error->text, "%s%.200s: %s", what, name, error_text(number));
    return -1;
}

static int hash_expected(const struct explore_options *options, uint64_t *out, struct lockstep_error *error) {
    if (!options->expect) return 0;
    const int fd = host_file_open_at(HOST_CWD, options->expect, O_RDONLY, 0);
    const int r = fd < 0 ? fd : explore_hash_file(fd, out);
    if (fd >= 0) host_file_close(fd);
    return r < 0 ? fail(error, r, "cannot read ", options->expect) : 0;
}

static int find_strategy(const struct explore_options *options, struct lockstep_error *error) {
    if (!options->strategy || strategy_exists(options->strategy)) return 0;
    *error = (struct lockstep_error){.kind = LOCKSTEP_UNAVAILABLE, .number = EINVAL};
    snprintf(error->text, sizeof error->text, "there is no strategy '%.100s'; there are %s", options->strategy, strategy_names());
    return -1;
}

static int make_directory(const struct explore_options *options, struct lockstep_error *error) {
    struct host_stat stat;
    if (!options->directory) return 0;
    const int r = host_file_mkdir_at(HOST_CWD, options->directory, 0777);
    if (r == 0 || (r == -EEXIST && host_file_stat_at(HOST_CWD, options->directory, &stat) == 0 && (stat.mode & 0170000) == 0040000)) return 0;
    return fail(error, r, "cannot make the directory ", options->directory);
}

static int start_workers(struct coordinator *c, struct lockstep_error *error) {
    struct explore_worker worker = {.options = c->options, .shared = c->shared, .report_fd = c->pipe[1]};
    if (hash_expected(c->options, &worker.expected, error)) return -1;
    while (c->n_workers < c->options->jobs) {
        const int64_t id = host_branch(true);
        if (id == 0) {
            host_file_close(c->pipe[0]);
            explore_work(&worker);
        }
        if (id < 0) return fail(error, (int)id, "cannot start a worker", "");
        c->workers[c->n_workers++] = id;
    }
    host_file_close(c->pipe[1]);
    c->pipe[1] = -1;
    return 0;
}

static void take(struct coordinator *c, const struct explore_report *report) {
    if (report->kind == EXPLORE_BROKEN) {
        *c->error = (struct lockstep_error){.kind = (enum lockstep_error_kind)report->code};
        snprintf(c->error->text, sizeof c->error->text, "%.300s", report->text);
        c->is_broken = true;
        return;
    }
    explore_tally_add(c->tally, report);
    if (c->options->first_only && explore_tally_failures(c->tally)) atomic_store(&c->shared->stop, 1);
}

/* Waits for a report until something is to be shown. False: nobody can report any more. */
static bool read_reports(struct coordinator *c) {
    struct host_pollfd fd = {c->pipe[0], POLL_IN, 0};
    struct explore_report report;
    if (host_poll(&fd, 1, host_clock_monotonic_ns() + SHOW_INTERVAL_NS) <= 0) return true;
    if (host_file_read(c->pipe[0], &report, sizeof report) != sizeof report) return false;
    take(c, &report);
    return true;
}

static void run(struct coordinator *c) {
    while (!c->is_broken && read_reports(c)) {
        const int64_t now = host_clock_monotonic_ns();
        if (c->deadline_ns && now >= c->deadline_ns) atomic_store(&c->shared->stop, 1);
        if (now - c->shown_ns < SHOW_INTERVAL_NS) continue;
        explore_tally_show(c->tally, false);
        c->shown_ns = now;
    }
}

static void end_workers(struct coordinator *c) {
    for (unsigned i = 0; i < c->n_workers; i++) {
        if (c->is_broken) host_branch_kill(c->workers[i]);
        host_branch_wait(c->workers[i]);
    }
}

static int prepare(struct coordinator *c, struct lockstep_error *error) {
    _Static_assert(sizeof(struct explore_report) <= HOST_BRANCH_MESSAGE, "reports stay whole in the pipe");
    c->shared = host_branch_shared(sizeof *c->shared);
    c->tally = explore_tally_new(c->options);
    if (!c->shared || !c->tally) return fail(error, -ENOMEM, "no memory to explore", "");
    if (find_strategy(c->options, error) || make_directory(c->options, error)) return -1;
    const int r = host_branch_pipe(c->pipe);
    if (r < 0) return fail(error, r, "cannot explore", "");
    host_branch_note_interrupts(&c->shared->stop);
    if (c->options->seconds) c->deadline_ns = host_clock_monotonic_ns() + (int64_t)c->options->seconds * NS_PER_SECOND;
    return 0;
}

enum explore_result explore(const struct explore_options *options, struct lockstep_error *error) {
    struct coordinator c = {.options = options, .pipe = {-1, -1}, .error = error};
    c.is_broken = prepare(&c, error) || start_workers(&c, error);
    if (!c.is_broken) run(&c);
    end_workers(&c);
    if (!c.is_broken) {
        explore_tally_record(c.tally);
        explore_tally_show(c.tally, true);
    }
    const bool failed = c.tally && explore_tally_failures(c.tally);
    for (int i = 0; i < 2; i++) {
        if (c.pipe[i] >= 0) host_file_close(c.pipe[i]);
    }
    explore_tally_free(c.tally);
    return c.is_broken ? EXPLORE_ERROR : failed ? EXPLORE_FAILED : EXPLORE_CLEAN;
}
