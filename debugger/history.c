/* SPDX-License-Identifier: ISC */
/* The controller, which has no machine, and what the processes that it starts do first. A scan looks at one interval between checkpoints
 * after the other, the latest first; then a seek goes to what was found. */
#include "debugger/history.h"

#include "debugger/internal.h"

#include "base/error.h"
#include "host/branch.h"
#include "host/door.h"
#include "host/thread.h"

enum { HISTORY_IGNORED = 1024 };

struct history {
    const struct history_session *session; /* at the same address in every copy */
    struct checkpoints *checkpoints;
    bool is_under_way, has_arrived;
    struct history_trip trip;
    int status;
    uint64_t length;   /* 0: not known */
    uint64_t began;    /* target_time where the machine began, */
    uint64_t shown;    /* and how far into the trace output has been shown */
    size_t n_ignored;  /* processes that the session does not see */
    int ignored[HISTORY_IGNORED];
    size_t n_breaks;
    struct target_break breaks[HISTORY_BREAKS];
    _Alignas(16) char luggage[];
};

void *history_luggage(struct history *history) {
    return history->luggage;
}

const struct history_trip *history_arrival(const struct history *history) {
    return history->has_arrived ? &history->trip : NULL;
}

uint64_t history_length(const struct history *history) {
    return history->length;
}

void history_note_length(struct history *history, uint64_t length) {
    history->length = length;
}

void history_set_status(struct history *history, int status) {
    history->status = status;
}

unsigned history_checkpoints(const struct history *history, uint64_t *memory) {
    return checkpoints_count(history->checkpoints, memory);
}

static bool is_same(const struct target_break *a, const struct target_break *b) {
    return a->pid == b->pid && a->address == b->address && a->size == b->size && a->kind == b->kind;
}

int history_note_break(struct history *history, const struct target_break *b, bool on) {
    size_t i = 0;
    if (!history) return 0;
    while (i < history->n_breaks && !is_same(&history->breaks[i], b)) i++;
    const bool found = i < history->n_breaks;
    if (!on && found) history->breaks[i] = history->breaks[--history->n_breaks];
    if (!on || found) return 0;
    if (history->n_breaks == HISTORY_BREAKS) return -ENOSPC;
    history->breaks[history->n_breaks++] = *b;
    return 0;
}

void history_set_breaks(const struct history *history, struct target *target) {
    target_clear_breaks(target);
    for (size_t i = 0; i < history->n_breaks; i++) target_set_break(target, &history->breaks[i], true);
}

bool history_step_back(struct target *target, int tid, struct history_trip *out) {
    const uint64_t retired = target_retired(target, tid);
    if (retired == 0 || retired == UINT64_MAX) return false;
    *out = (struct history_trip){.kind = HISTORY_SEEK, .point = {tid, retired - 1}, .until = target_time(target), .reason = TARGET_STEPPED};
    return true;
}

bool history_continue_back(const struct history *history, struct target *target, struct history_trip *out) {
    const enum history_kind kind = history->n_breaks ? HISTORY_SCAN : HISTORY_BEGIN;
    *out = (struct history_trip){.kind = kind, .until = target_time(target), .reason = TARGET_HISTORY_BEGINS};
    return out->until > 0;
}

void history_go(struct history *history, const struct target *target, const struct history_trip *trip) {
    history->n_ignored = 0;
    for (size_t i = 0; i < target->n_ignored && i < HISTORY_IGNORED; i++) history->ignored[history->n_ignored++] = target->ignored[i];
    history->trip = *trip;
    history->is_under_way = true;
}

/* --- The process with the machine --- */

/* The machine has run up to trip->until: where the next trip of the journey goes. */
static void end_scan(struct history *history, const struct target_found *found) {
    struct history_trip *trip = &history->trip;
    if (found->point.tid) {
        trip->kind = HISTORY_SEEK;
        trip->point = found->point;
        trip->until = found->time + 1;
        trip->hit = found->hit;
        trip->reason = !found->hit.size ? TARGET_BREAKPOINT : target_stop_of_watch(found->hit.kind);
    } else if (history->began) {
        trip->until = history->began;
    } else {
        trip->kind = HISTORY_BEGIN;
        trip->reason = TARGET_HISTORY_BEGINS;
    }
}

/* The debugger's thread, in a machine that runs or is about to. */
static void run_session(struct target *target) {
    struct history *history = target->timeline.history;
    struct target_stop stop;
    if (history->is_under_way && history->trip.kind == HISTORY_SCAN) {
        while (target_wait(target, -1, &stop) <= 0) continue;
        end_scan(history, &target->scan.found);
        return;
    }
    history->has_arrived = history->is_under_way;
    history->is_under_way = false;
    history->session->serve(target, history, history->session->arg);
}

static void run_woken_session(void *arg) {
    run_session(arg);
    host_branch_end(0);
}

static void set_out(struct target *target) {
    struct history *history = target->timeline.history;
    const struct history_trip *trip = &history->trip;
    target->timeline.goal = 0;
    if (!history->is_under_way) return;
    target->n_ignored = 0;
    for (size_t i = 0; i < history->n_ignored; i++) target_ignore(target, history->ignored[i]);
    if (trip->kind == HISTORY_SEEK) target_seek(target, &trip->point);
    if (trip->kind == HISTORY_SCAN && trip->is_single) target_scan(target, trip->until, &trip->hit, 1);
    else if (trip->kind == HISTORY_SCAN) target_scan(target, trip->until, history->breaks, history->n_breaks);
    if (trip->kind != HISTORY_BEGIN && trip->until != UINT64_MAX) target->timeline.goal = trip->until;
}

void history_wake(struct target *target) {
    struct history *history = target->timeline.history;
    history->began = target_time(target);
    target_wake(target);
    set_out(target);
    if (host_thread_start(run_woken_session, target) < 0) host_branch_end(1);
}

static int run_from_beginning(struct history *history) {
    const struct history_session *session = history->session;
    struct target *target = session->make(session->arg, &history->shown);
    if (!target) return 1;
    history->began = 0;
    target->timeline.history = history;
    target->timeline.checkpoints = session->memory ? history->checkpoints : NULL;
    set_out(target);
    if (session->start(target, session->arg)) return 1;
    run_session(target);
    return 0;
}

/* --- The controller --- */

/* Whether the trip can begin there. */
static bool is_before(const struct checkpoint_place *place, const void *arg) {
    const struct history_trip *trip = arg;
    if (trip->kind == HISTORY_SCAN) return place->time < trip->until;
    if (trip->kind == HISTORY_BEGIN || place->time >= trip->until) return false;
    if (trip->point.tid == TARGET_ALL) return place->time <= trip->point.retired;
    for (unsigned i = 0; i < place->n_threads; i++) {
        if (place->thread[i].tid == trip->point.tid) return place->thread[i].retired <= trip->point.retired;
    }
    return trip->point.tid > place->last_tid;
}

static int64_t begin(struct history *history) {
    const int which = history->is_under_way ? checkpoints_find(history->checkpoints, is_before, &history->trip) : -1;
    if (which >= 0) return checkpoints_wake(history->checkpoints, which);
    const int64_t id = checkpoints_begin(history->checkpoints);
    if (id == 0) host_branch_end(run_from_beginning(history));
    return id;
}

int history_run(const struct history_session *session) {
    struct history *history = host_branch_shared(sizeof *history + session->luggage);
    struct checkpoints *checkpoints = checkpoints_new(session->memory);
    int status;
    if (!history || !checkpoints) return -ENOMEM;
    history->session = session;
    history->checkpoints = checkpoints;
    do {
        const int64_t id = begin(history);
        status = id < 0 ? (int)id : checkpoints_wait(checkpoints, id);
    } while (history->is_under_way && status == 0);
    return status ? status : history->status;
}
