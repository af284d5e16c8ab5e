/* SPDX-License-Identifier: ISC */
/* A trace of each failure, for `replay` and `debug`: a copy of the coordinator does the failure's schedule again and records it. A program that
 * does not end is ended after a while; its trace is good up to then. */
#include "explore/shared.h"

#include "base/error.h"
#include "host/branch.h"
#include "host/clock.h"
#include "host/file.h"

#include <stdlib.h>

enum { PATH_SIZE = 4096, POLL_IN = 1 };
#define USUAL_NS INT64_C(20000000000)
#define ENDLESS_NS INT64_C(3000000000)

static int start(struct lockstep_machine *machine, const struct explore_options *options, struct lockstep_error *error) {
    char path[PATH_SIZE];
    if (lockstep_machine_find(machine, options->argv[0], options->path_search, path, sizeof path, error)) return -1;
    return lockstep_machine_start(machine, path, options->argv, options->envp, error);
}

/* In the copy. */
static int record(const struct explore_options *options, const char *schedule, const char *trace) {
    struct lockstep_options wanted = options->machine;
    struct lockstep_machine *machine;
    struct lockstep_error error;
    struct lockstep_status status;
    int out, err;
    wanted.strategy = NULL;
    wanted.schedule = schedule;
    wanted.record = trace;
    wanted.record_argv = options->argv;
    wanted.record_envp = options->envp;
    if (explore_redirect(&out, &err) < 0 || lockstep_machine_new(&wanted, &machine, &error)) return 1;
    const int r = start(machine, options, &error);
    if (r == 0) lockstep_machine_wait(machine, &status);
    lockstep_machine_free(machine);
    return r ? 1 : 0;
}

bool explore_record(const struct explore_options *options, uint64_t key, enum explore_kind kind) {
    char schedule[PATH_SIZE], trace[PATH_SIZE];
    const bool is_endless = kind == EXPLORE_DEADLOCK || kind == EXPLORE_HANG;
    int pipe[2];
    explore_failure_path(schedule, sizeof schedule, options, key, "schedule");
    explore_failure_path(trace, sizeof trace, options, key, "trace");
    if (host_branch_pipe(pipe) < 0) return false;
    const int64_t id = host_branch(true);
    if (id == 0) host_branch_end(record(options, schedule, trace));
    host_file_close(pipe[1]);
    struct host_pollfd fd = {pipe[0], POLL_IN, 0};
    const bool has_ended = id > 0 && host_poll(&fd, 1, host_clock_monotonic_ns() + (is_endless ? ENDLESS_NS : USUAL_NS)) > 0;
    if (id > 0 && !has_ended) host_branch_kill(id);
    const int status = id > 0 ? host_branch_wait(id) : 1;
    struct host_stat stat;
    host_file_close(pipe[0]);
    if (has_ended || id < 0) return id > 0 && status == 0;
    return is_endless && host_file_stat_at(HOST_CWD, trace, &stat) == 0 && stat.size > 0;
}
