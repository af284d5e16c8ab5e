/* SPDX-License-Identifier: ISC */
/* The search. One process, the searcher, goes to the place where the runs part and copies itself for each run; propose() and judge() say which
 * comes next. Turns are left out in pieces of half the size each time, down to single ones, until none can be (Zeller's ddmin). */
#include "explore/shrink.h"

#include "base/error.h"
#include "explore/capture.h"
#include "explore/shared.h"
#include "host/branch.h"
#include "host/clock.h"
#include "host/file.h"
#include "machine/machine.h"
#include "syscall/linux/process/kernel.h"
#include "syscall/linux/process/process.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_LIMIT UINT64_C(50000000)
#define MORE_LIMIT UINT64_C(1000000)
#define NS_PER_SECOND INT64_C(1000000000)
enum { LIMIT_FACTOR = 20, OUTPUT_SHOWN = 400 };

enum phase { FIRST, LEAVE_OUT, LOOK_FOR_PASSING, LAST, DONE };

struct shrinker {
    const struct shrink_options *options;
    struct shrink_result *result;   /* shared */
    struct lockstep_machine *machine;
    struct machine_hooks hooks;
    struct capture capture;
    struct shrink_run *run;         /* shared: the one that goes on */
    bool keeps_accesses;            /* of this run */
    struct strategy_plan_log *log;  /* borrowed from the machine: of the first run, in its copy; NULL otherwise */
    int64_t deadline_ns;

    enum phase phase;
    struct strategy_turn *best, *candidate; /* room for SHRINK_TURNS; candidate: shared, the first run's are logged there */
    uint64_t n_best, n_candidate;
    uint64_t piece, at;             /* what is left out of best */
    bool has_left_out;
};

_Noreturn static void fail(struct shrink_result *result, const char *why) {
    result->is_broken = true;
    snprintf(result->why, sizeof result->why, "%s", why);
    host_branch_end(1);
}

_Noreturn static void fail_as(struct shrink_result *result, const struct lockstep_error *error) {
    result->kind = error->kind;
    fail(result, error->text);
}

/* --- One run, in a copy --- */

static void note_access(void *arg, const struct machine_access *access) {
    struct shrinker *s = arg;
    if (!s->keeps_accesses) return;
    if (s->run->n_accesses < SHRINK_ACCESSES) s->result->accesses[s->run->n_accesses] = *access;
    s->run->n_accesses++;
}

static void describe(const struct shrinker *s, const struct machine_outcome *outcome) {
    char said[OUTPUT_SHOWN + 1];
    const int64_t n = host_file_read_at(s->capture.err, said, OUTPUT_SHOWN, s->capture.err_start);
    said[n > 0 ? n : 0] = '\0';
    snprintf(s->run->text, sizeof s->run->text, "%s%s%s", outcome->text, *said && *outcome->text ? "\n" : "", said);
}

static enum explore_kind kind_of(const struct machine_outcome *outcome) {
    static const enum explore_kind kinds[] = {[MACHINE_SIGNALED] = EXPLORE_SIGNAL, [MACHINE_STUCK] = EXPLORE_DEADLOCK, [MACHINE_LIMIT] = EXPLORE_HANG};
    if (outcome->ending != MACHINE_EXITED) return kinds[outcome->ending];
    return outcome->code ? EXPLORE_EXIT : EXPLORE_OK;
}

static void ended(void *arg, const struct machine_outcome *outcome) {
    struct shrinker *s = arg;
    struct shrink_run *run = s->run;
    run->kind = kind_of(outcome);
    run->code = outcome->code;
    run->key = outcome->stack_key;
    run->retired = outcome->retired - s->result->began;
    run->n_switches = machine_switches(s->machine);
    run->n_turns = s->log ? s->log->n : s->n_candidate;
    describe(s, outcome);
    run->has_ended = true;
    host_branch_end(0);
}

/* Owned by the machine from then on. */
static struct strategy *plan_of(struct shrinker *s) {
    struct {
        struct strategy_plan plan;
        bool taken[];
    } *made = calloc(1, sizeof *made + s->n_candidate);
    if (!made) fail(s->result, "no memory");
    strategy_plan_init(&made->plan, s->candidate, made->taken, s->n_candidate, s->result->began, 0);
    return &made->plan.strategy;
}

/* The schedule that is explained, written down as a plan. */
static struct strategy *first_of(struct shrinker *s) {
    struct {
        struct strategy_plan_log log;
        struct strategy_schedule schedule;
    } *made = calloc(1, sizeof *made);
    if (!made) fail(s->result, "no memory");
    strategy_schedule_init(&made->schedule, s->result->switches, s->result->n_switches);
    strategy_plan_log_init(&made->log, &made->schedule.strategy, s->candidate, SHRINK_TURNS, s->result->began, 0);
    s->log = &made->log;
    return &made->log.strategy;
}

static void begin(struct shrinker *s) {
    const uint64_t usual = s->result->first.retired;
    const bool is_first = s->phase == FIRST;
    s->hooks.limit = s->result->began + (usual ? LIMIT_FACTOR * usual + MORE_LIMIT : FIRST_LIMIT);
    s->keeps_accesses = s->phase == LAST;
    machine_reschedule(s->machine, is_first ? first_of(s) : plan_of(s), s->result->switches, s->phase == LAST ? SHRINK_SWITCHES : 0);
    scheduler_renew_slice(s->machine->scheduler);
}

/* --- Which runs --- */

static void without(struct shrinker *s, uint64_t at, uint64_t n) {
    const uint64_t end = at + n < s->n_best ? at + n : s->n_best;
    memcpy(s->candidate, s->best, at * sizeof *s->best);
    memcpy(s->candidate + at, s->best + end, (s->n_best - end) * sizeof *s->best);
    s->n_candidate = at + s->n_best - end;
}

static bool propose(struct shrinker *s) {
    switch (s->phase) {
    case FIRST: return true;
    case LEAVE_OUT: without(s, s->at, s->piece); return true;
    case LOOK_FOR_PASSING: without(s, s->at, 1); return true;
    case LAST: without(s, s->n_best, 0); return true;
    default: return false;
    }
}

static void look_for_passing(struct shrinker *s) {
    s->at = 0;
    s->result->passing = -1;
    s->phase = s->n_best ? LOOK_FOR_PASSING : LAST;
}

static void judge_first(struct shrinker *s, const struct shrink_run *run) {
    if (run->kind == EXPLORE_OK) fail(s->result, "the run does not fail when it is done again: what came from outside differs, or the program's files");
    if (run->n_turns > SHRINK_TURNS) fail(s->result, "the run has too many switches to shrink: more than 8192, as runs that hang often do");
    s->n_best = run->n_turns;
    memcpy(s->best, s->candidate, s->n_best * sizeof *s->best);
    s->result->first = *run;
    s->piece = s->n_best;
    s->at = 0;
    s->phase = LEAVE_OUT;
    s->result->is_complete = !s->n_best;
    if (!s->n_best) look_for_passing(s);
}

static bool is_same(const struct shrinker *s, const struct shrink_run *run) {
    const struct shrink_run *first = &s->result->first;
    return run->has_ended && run->kind == first->kind && run->code == first->code && run->key == first->key;
}

/* Behind the last piece: smaller ones; single ones until a round has brought nothing. */
static void next_round(struct shrinker *s) {
    if (s->piece == 1 && !s->has_left_out) {
        s->result->is_complete = true;
        look_for_passing(s);
        return;
    }
    s->piece = (s->piece + 1) / 2;
    if (s->piece > s->n_best && s->n_best) s->piece = s->n_best;
    s->at = 0;
    s->has_left_out = false;
}

static void judge_left_out(struct shrinker *s, const struct shrink_run *run) {
    if (is_same(s, run)) {
        memcpy(s->best, s->candidate, s->n_candidate * sizeof *s->best);
        s->n_best = s->n_candidate;
        s->has_left_out = true;
    } else {
        s->at += s->piece;
    }
    if (!s->n_best) {
        s->result->is_complete = true;
        look_for_passing(s);
    } else if (s->at >= s->n_best) {
        next_round(s);
    }
}

static void judge_passing(struct shrinker *s, const struct shrink_run *run) {
    if (run->has_ended && run->kind == EXPLORE_OK) s->result->passing = (int64_t)s->at;
    else if (++s->at < s->n_best) return;
    s->phase = LAST;
}

static bool is_out_of_time(const struct shrinker *s) {
    return s->result->n_runs >= s->options->runs || atomic_load(&s->result->stop) || host_clock_monotonic_ns() >= s->deadline_ns;
}

static void judge(struct shrinker *s) {
    const struct shrink_run *run = s->run;
    s->result->n_runs++;
    switch (s->phase) {
    case FIRST: judge_first(s, run); break;
    case LEAVE_OUT: judge_left_out(s, run); break;
    case LOOK_FOR_PASSING: judge_passing(s, run); break;
    default:
        s->result->last = *run;
        s->result->n_turns = s->n_best;
        memcpy(s->result->turns, s->best, s->n_best * sizeof *s->best);
        s->phase = DONE;
        return;
    }
    if (s->phase == LEAVE_OUT && is_out_of_time(s)) look_for_passing(s);
}

/* --- The searcher --- */

static int add_map(const struct region_info *info, void *arg) {
    char *maps = arg;
    const size_t used = strlen(maps);
    snprintf(maps + used, SHRINK_MAPS - used, "%" PRIx64 "-%" PRIx64 " %c%c%cp %08" PRIx64 " 00:00 %" PRIu64 " %s\n", info->start, info->end,
             info->prot & SPACE_READ ? 'r' : '-', info->prot & SPACE_WRITE ? 'w' : '-', info->prot & SPACE_EXEC ? 'x' : '-', info->offset,
             info->ino, info->name);
    return 0;
}

/* Returns in copies only. */
static void part(void *arg) {
    struct shrinker *s = arg;
    capture_mark(&s->capture);
    s->result->began = scheduler_retired(s->machine->scheduler);
    space_walk(s->machine->kernel->init->space, add_map, s->result->maps);
    if (!s->options->machine.replay && s->machine->switches) {
        s->result->n_switches = s->machine->schedule.n < SHRINK_SWITCHES ? s->machine->schedule.n : SHRINK_SWITCHES;
        memcpy(s->result->switches, s->machine->switches, s->result->n_switches * sizeof *s->machine->switches);
    }
    while (propose(s)) {
        capture_clear(&s->capture);
        *s->run = (struct shrink_run){.has_ended = false};
        const int64_t id = host_branch(true);
        if (id == 0) {
            begin(s);
            return;
        }
        if (id < 0) fail(s->result, "cannot copy the process: out of processes or memory");
        host_branch_wait(id);
        if (!s->run->has_ended && s->phase == FIRST) fail(s->result, "a run ended without a result: a fault of Lockstep itself");
        judge(s);
    }
    host_branch_end(0);
}

/* A program that never parts has no switches. */
static void ended_early(void *arg, const struct machine_outcome *outcome) {
    const struct shrinker *s = arg;
    if (s->machine->has_branched) ended(arg, outcome);
    fail(s->result, "the program never makes a thread or a process: there is nothing to be switched");
}

static void start(struct shrinker *s, const struct lockstep_options *machine) {
    const struct shrink_options *options = s->options;
    struct lockstep_error error;
    struct lockstep_status status;
    char path[4096];
    if (lockstep_machine_new(machine, &s->machine, &error)) fail_as(s->result, &error);
    if (lockstep_machine_find(s->machine, options->argv[0], options->path_search, path, sizeof path, &error)) fail_as(s->result, &error);
    if (lockstep_machine_start(s->machine, path, options->argv, options->envp, &error)) fail_as(s->result, &error);
    lockstep_machine_wait(s->machine, &status);
}

_Noreturn static void search(const struct shrink_options *options, struct shrink_result *result) {
    struct shrinker s = {.options = options, .result = result, .run = host_branch_shared(sizeof *s.run),
                         .best = calloc(SHRINK_TURNS, sizeof *s.best), .candidate = host_branch_shared(SHRINK_TURNS * sizeof *s.candidate)};
    struct lockstep_options machine = options->machine;
    if (!s.best || !s.candidate || !s.run || capture_begin(&s.capture) < 0) fail(result, "no memory or descriptors");
    s.deadline_ns = host_clock_monotonic_ns() + (int64_t)options->seconds * NS_PER_SECOND;
    s.hooks = (struct machine_hooks){.branch = part, .ended = ended_early, .access = note_access, .limit = FIRST_LIMIT, .arg = &s};
    machine.hooks = &s.hooks;
    machine.replay = NULL;
    machine.forward_signals = false;
    machine.engine = "interp";
    machine.memory = "paged";
    start(&s, &machine);
    host_branch_end(0);
}

/* --- The schedule of a recording: it is replayed to its end, or to where it was cut off --- */

struct reader {
    struct shrink_result *result;
    struct lockstep_machine *machine;
    struct machine_hooks hooks;
};

static void read_from_here(void *arg) {
    struct reader *reader = arg;
    machine_log_schedule(reader->machine, reader->result->switches, SHRINK_SWITCHES);
}

static void read_all(void *arg, const struct machine_outcome *outcome) {
    host_branch_end(0);
}

_Noreturn static void read_recording(const struct shrink_options *options, struct shrink_result *result) {
    struct reader reader = {.result = result, .hooks = {.branch = read_from_here, .ended = read_all, .arg = &reader}};
    struct shrinker s = {.options = options, .result = result};
    struct lockstep_options machine = options->machine;
    machine.hooks = &reader.hooks;
    machine.quiet = true;
    struct lockstep_error error;
    struct lockstep_status status;
    char path[4096];
    if (capture_begin(&s.capture) < 0) fail(result, "no descriptors");
    if (lockstep_machine_new(&machine, &reader.machine, &error)) fail_as(result, &error);
    if (lockstep_machine_find(reader.machine, options->argv[0], options->path_search, path, sizeof path, &error)) fail_as(result, &error);
    if (lockstep_machine_start(reader.machine, path, options->argv, options->envp, &error)) fail_as(result, &error);
    lockstep_machine_wait(reader.machine, &status);
    host_branch_end(0);
}

/* However the replay has ended: what is not written is zero. */
static void count_switches(struct shrink_result *result) {
    uint64_t n = 0;
    while (n < SHRINK_SWITCHES && result->switches[n].retired) n++;
    result->n_switches = n;
}

/* --- From outside --- */

static int in_copy(void (*fn)(const struct shrink_options *, struct shrink_result *), const struct shrink_options *options,
                   struct shrink_result *result) {
    const int64_t id = host_branch(true);
    if (id == 0) fn(options, result);
    return id < 0 ? (int)id : host_branch_wait(id);
}

static const struct shrink_result *broken(struct lockstep_error *error, const char *why) {
    *error = (struct lockstep_error){.kind = LOCKSTEP_UNAVAILABLE};
    snprintf(error->text, sizeof error->text, "%.300s", why);
    return NULL;
}

const struct shrink_result *shrink(const struct shrink_options *options, struct lockstep_error *error) {
    struct shrink_result *result = host_branch_shared(sizeof *result);
    if (!result) return broken(error, "no memory to shrink the run");
    host_branch_note_interrupts(&result->stop);
    int r = options->machine.replay ? in_copy(read_recording, options, result) : 0;
    count_switches(result);
    if (r >= 0 && !result->is_broken) r = in_copy(search, options, result);
    if (result->is_broken) {
        broken(error, result->why);
        error->kind = result->kind;
        return NULL;
    }
    if (r < 0) return broken(error, error_text(r));
    return result->last.has_ended ? result : broken(error, "the search ended without a result: a fault of Lockstep itself");
}
