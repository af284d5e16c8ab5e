/* SPDX-License-Identifier: ISC */
/* A worker and its copies. The guest's standard output and error are files in memory, which the worker empties before each copy, its input
 * is empty, so that runs differ in their schedules only. */
#include "explore/shared.h"

#include "base/bits.h"
#include "base/error.h"
#include "host/branch.h"
#include "host/file.h"
#include "host/restore.h"
#include "machine/machine.h"
#include "syscall/linux/abi/fcntl.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 4096, SWITCHES_MAX = 1 << 20, COPY_SIZE = 1 << 16, OUTPUT_SHOWN = 400 };
/* Instructions of a run before it counts as hanging: at first, and later in terms of the longest one that ended. */
#define FIRST_LIMIT UINT64_C(50000000)
#define MORE_LIMIT UINT64_C(1000000)
enum { LIMIT_FACTOR = 20, SPARE_THREADS = 4 };

static const char *const strategies[] = {"pos", "pct", "surw", "walk"};

struct worker {
    const struct explore_worker *given;
    struct lockstep_machine *machine;
    struct machine_hooks hooks;
    int out_fd, err_fd;
    int64_t out_start, err_start; /* what was there before the branch */
    uint64_t retired_before;
    bool has_branched;            /* else the program never made a thread: there is one schedule */
    struct strategy_switch *switches; /* room for SWITCHES_MAX; not put back between runs */
    struct host_restore *restore; /* of a copy; NULL: it makes one run */
    struct explore_report report;
};

uint64_t explore_seed(const struct explore_options *options, uint64_t run) {
    struct random_stream stream = {options->seed << 32 ^ run};
    return random_next(&stream);
}

void explore_failure_path(char *out, size_t size, const struct explore_options *options, uint64_t key, const char *ending) {
    snprintf(out, size, "%s/failure-%016" PRIx64 ".%s", options->directory, key, ending);
}

static uint64_t hash(uint64_t key, const void *bytes, size_t n) {
    const uint8_t *at = bytes;
    for (size_t i = 0; i < n; i++) key = (key ^ at[i]) * 0x100000001b3;
    return key;
}

int explore_hash_file(int fd, uint64_t *out) {
    static const uint64_t start = 0xcbf29ce484222325;
    char *bytes = malloc(COPY_SIZE);
    int64_t n = bytes ? 1 : -ENOMEM;
    *out = start;
    for (int64_t at = 0; n > 0; at += n) {
        n = host_file_read_at(fd, bytes, COPY_SIZE, at);
        if (n > 0) *out = hash(*out, bytes, (size_t)n);
    }
    free(bytes);
    return (int)n;
}

static const char *strategy_of(const struct explore_options *options, uint64_t run) {
    return options->strategy ? options->strategy : strategies[run % ARRAY_LEN(strategies)];
}

static void fail_with(const struct worker *worker, const struct lockstep_error *error) {
    struct explore_report report = {.kind = EXPLORE_BROKEN, .code = (int)error->kind};
    snprintf(report.text, sizeof report.text, "%s", error->text);
    atomic_store(&worker->given->shared->stop, 1);
    host_file_write(worker->given->report_fd, &report, sizeof report);
    host_branch_end(1);
}

static void fail(const struct worker *worker, const char *text) {
    struct lockstep_error error = {.kind = LOCKSTEP_UNAVAILABLE};
    snprintf(error.text, sizeof error.text, "%s", text);
    fail_with(worker, &error);
}

/* True for the first that asks. */
static bool claim(struct explore_shared *shared, uint64_t key) {
    for (unsigned i = 0; i < EXPLORE_KEYS; i++) {
        _Atomic uint64_t *slot = &shared->keys[(key + i) % EXPLORE_KEYS];
        uint64_t found = 0;
        if (atomic_compare_exchange_strong(slot, &found, key)) return true;
        if (found == key) return false;
    }
    return false;
}

static void write_schedule(const struct worker *worker, uint64_t key) {
    char path[PATH_SIZE], line[64];
    const uint64_t n = machine_switches(worker->machine);
    explore_failure_path(path, sizeof path, worker->given->options, key, "schedule");
    FILE *file = fopen(path, "w");
    if (!file) return;
    fputs("lockstep schedule 1\n", file);
    for (uint64_t i = 0; i < n && i < SWITCHES_MAX; i++) {
        const struct strategy_switch *s = &worker->switches[i];
        snprintf(line, sizeof line, "%" PRIu64 " %" PRIu32 " %" PRIu32 "\n", s->retired, s->thread, s->reason);
        fputs(line, file);
    }
    fclose(file);
}

static void write_output(const struct worker *worker, uint64_t key) {
    char path[PATH_SIZE], bytes[4096];
    const int fds[] = {worker->out_fd, worker->err_fd};
    explore_failure_path(path, sizeof path, worker->given->options, key, "output");
    FILE *file = fopen(path, "w");
    if (!file) return;
    for (unsigned i = 0; i < ARRAY_LEN(fds); i++) {
        int64_t n;
        for (int64_t at = 0; (n = host_file_read_at(fds[i], bytes, sizeof bytes, at)) > 0; at += n) fwrite(bytes, 1, (size_t)n, file);
    }
    fclose(file);
}

static enum explore_kind kind_of(const struct worker *worker, const struct machine_outcome *outcome, uint64_t output) {
    switch (outcome->ending) {
    case MACHINE_SIGNALED: return EXPLORE_SIGNAL;
    case MACHINE_STUCK: return EXPLORE_DEADLOCK;
    case MACHINE_LIMIT: return EXPLORE_HANG;
    default: break;
    }
    if (outcome->code) return EXPLORE_EXIT;
    return worker->given->options->expect && output != worker->given->expected ? EXPLORE_OUTPUT : EXPLORE_OK;
}

/* What the program said last helps more than addresses. */
static void describe(const struct worker *worker, struct explore_report *report, const struct machine_outcome *outcome) {
    char said[OUTPUT_SHOWN + 1];
    const int64_t n = host_file_read_at(worker->err_fd, said, OUTPUT_SHOWN, worker->err_start);
    said[n > 0 ? n : 0] = '\0';
    snprintf(report->text, sizeof report->text, "%s%s%s", outcome->text, *said && *outcome->text ? "\n" : "", said);
}

static void learn(const struct worker *worker, const struct explore_report *report, unsigned n_threads) {
    struct explore_shared *shared = worker->given->shared;
    uint64_t longest = atomic_load(&shared->longest);
    if (report->kind == EXPLORE_HANG) return;
    atomic_store(&shared->n_questions, report->n_questions);
    if (n_threads > atomic_load(&shared->n_threads)) atomic_store(&shared->n_threads, n_threads);
    while (report->retired > longest && !atomic_compare_exchange_weak(&shared->longest, &longest, report->retired)) {
    }
}

static void ended(void *arg, const struct machine_outcome *outcome) {
    struct worker *worker = arg;
    struct explore_report *report = &worker->report;
    uint64_t output = 0, errors = 0;
    if (!worker->has_branched && atomic_exchange(&worker->given->shared->next_run, UINT64_MAX / 2)) host_branch_end(0);
    explore_hash_file(worker->out_fd, &output);
    explore_hash_file(worker->err_fd, &errors);
    report->kind = kind_of(worker, outcome, output);
    report->code = outcome->code;
    report->retired = outcome->retired - worker->retired_before;
    report->n_questions = outcome->n_questions;
    const uint64_t parts[] = {report->kind, outcome->stack_key, output, errors};
    report->behaviour = hash(0, parts, sizeof parts);
    report->key = report->kind == EXPLORE_OUTPUT ? hash(output, "o", 1) : hash(report->kind, &outcome->stack_key, sizeof outcome->stack_key);
    learn(worker, report, outcome->n_threads);
    if (report->kind != EXPLORE_OK) {
        report->is_first = claim(worker->given->shared, report->key);
        describe(worker, report, outcome);
        if (report->is_first && worker->given->options->directory) {
            write_schedule(worker, report->key);
            write_output(worker, report->key);
        }
    }
    host_file_write(worker->given->report_fd, report, sizeof *report);
    if (worker->restore) host_restore_back(worker->restore);
    host_branch_end(0);
}

/* Some place that several threads access, and how often each did, on the average of the runs so far. */
static void choose_target(const struct machine_learned *learned, struct strategy_profile *profile, uint64_t seed, uint64_t runs) {
    struct random_stream stream = {~seed};
    uint32_t n = atomic_load(&learned->n_counted);
    if (n > LEARNED_COUNTED) n = LEARNED_COUNTED;
    if (!n) return;
    const uint32_t chosen = random_below(&stream, n);
    profile->target = atomic_load(&learned->counted[chosen]) * 8;
    for (uint32_t i = 0; i < LEARNED_THREADS; i++) {
        profile->n_accesses[i] = (uint32_t)((atomic_load(&learned->count[chosen][i]) + runs / 2) / (runs ? runs : 1));
    }
}

/* In the copy: its own schedule. */
static void begin(struct worker *worker, uint64_t run) {
    const struct explore_options *options = worker->given->options;
    struct explore_shared *shared = worker->given->shared;
    struct strategy_profile *profile = calloc(1, sizeof *profile);
    if (!profile) fail(worker, "no memory");
    profile->n_questions = atomic_load(&shared->n_questions);
    choose_target(&shared->learned, profile, explore_seed(options, run), run);
    const struct strategy_options wanted = {.name = strategy_of(options, run), .seed = explore_seed(options, run), .depth = options->depth,
                                            .profile = profile};
    struct strategy *strategy = strategy_new(&wanted);
    free(profile);
    if (!strategy) fail(worker, "no memory");
    const uint64_t longest = atomic_load(&shared->longest);
    worker->hooks.limit = worker->retired_before + (longest ? LIMIT_FACTOR * longest + MORE_LIMIT : FIRST_LIMIT);
    worker->report.run = run;
    snprintf(worker->report.strategy, sizeof worker->report.strategy, "%s", wanted.name);
    machine_reschedule(worker->machine, strategy, worker->switches, SWITCHES_MAX);
}

static void clear_output(const struct worker *worker) {
    host_file_truncate(worker->out_fd, worker->out_start);
    host_file_truncate(worker->err_fd, worker->err_start);
    host_file_seek(worker->out_fd, worker->out_start, 0);
    host_file_seek(worker->err_fd, worker->err_start, 0);
}

static bool is_over(const struct worker *worker) {
    struct explore_shared *shared = worker->given->shared;
    return atomic_load(&shared->next_run) >= worker->given->options->runs || atomic_load(&shared->stop);
}

/* In the copy, from where every run begins: again and again where what a run has done can be put back. */
static void keep(struct worker *worker) {
    struct explore_shared *shared = worker->given->shared;
    const struct host_range left_alone[] = {
        {(char *)shared, (char *)(shared + 1)},
        {(char *)worker->switches, (char *)(worker->switches + SWITCHES_MAX)},
    };
    machine_get_ready(worker->machine, atomic_load(&shared->n_threads) + SPARE_THREADS);
    worker->restore = host_restore_new(left_alone, ARRAY_LEN(left_alone));
    if (worker->restore && host_restore_keep(worker->restore) < 0) worker->restore = NULL;
}

/* Returns in copies only, once for every run. */
static void branch(void *arg) {
    struct worker *worker = arg;
    worker->out_start = host_file_seek(worker->out_fd, 0, 1);
    worker->err_start = host_file_seek(worker->err_fd, 0, 1);
    worker->has_branched = true;
    worker->retired_before = scheduler_retired(worker->machine->scheduler);
    for (int64_t id; !is_over(worker) && (id = host_branch(true));) {
        if (id < 0) fail(worker, "cannot copy the process: out of processes or memory");
        if (host_branch_wait(id) != 0) fail(worker, "a run ended without a result: a fault of Lockstep itself");
    }
    if (is_over(worker)) host_branch_end(0);
    keep(worker);
    const uint64_t run = is_over(worker) ? UINT64_MAX : atomic_fetch_add(&worker->given->shared->next_run, 1);
    if (run >= worker->given->options->runs) host_branch_end(0);
    clear_output(worker);
    begin(worker, run);
}

static int open_output(int to) {
    const int fd = host_file_memory("output", 0);
    return fd < 0 ? fd : host_branch_redirect(fd, to) < 0 ? -EMFILE : fd;
}

int explore_redirect(int *out, int *err) {
    const int null = host_file_open_at(HOST_CWD, "/dev/null", O_RDONLY, 0);
    if (null < 0 || host_branch_redirect(null, 0) < 0) return -EMFILE;
    *out = open_output(1);
    *err = open_output(2);
    return *out < 0 || *err < 0 ? -EMFILE : 0;
}

static void start(struct worker *worker) {
    const struct explore_options *options = worker->given->options;
    struct lockstep_options machine = options->machine;
    struct lockstep_error error;
    struct lockstep_status status;
    char path[PATH_SIZE];
    machine.hooks = &worker->hooks;
    if (lockstep_machine_new(&machine, &worker->machine, &error)) fail_with(worker, &error);
    if (lockstep_machine_find(worker->machine, options->argv[0], options->path_search, path, sizeof path, &error)) fail_with(worker, &error);
    if (lockstep_machine_start(worker->machine, path, options->argv, options->envp, &error)) fail_with(worker, &error);
    lockstep_machine_wait(worker->machine, &status);
}

_Noreturn void explore_work(const struct explore_worker *given) {
    host_restore_prepare();
    struct worker *worker = calloc(1, sizeof *worker);
    if (!worker) host_branch_end(1);
    *worker = (struct worker){.given = given, .switches = host_branch_shared(SWITCHES_MAX * sizeof *worker->switches)};
    worker->hooks = (struct machine_hooks){.branch = branch, .ended = ended, .learned = &given->shared->learned, .limit = FIRST_LIMIT, .arg = worker};
    if (!worker->switches || explore_redirect(&worker->out_fd, &worker->err_fd) < 0) fail(worker, "no memory or descriptors for the program");
    start(worker);
    host_branch_end(0);
}
