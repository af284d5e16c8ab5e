/* SPDX-License-Identifier: ISC */
/* Going back in a replay. A machine runs forwards only; so this one ends, and another one is made from the same trace and runs to the
 * place. For the last breakpoint before now it takes two: one that sees all hits up to now, and one that runs to the last of them. */
#include "debugger/gdb/internal.h"

#include "base/error.h"
#include "host/branch.h"

static bool is_there(const struct gdb *gdb, size_t i, const struct target_break *b) {
    const struct gdb_trip *trip = gdb->trip;
    return trip->breaks[i].pid == gdb->pid && trip->breaks[i].it.address == b->address && trip->breaks[i].it.size == b->size;
}

int gdb_note_break(struct gdb *gdb, const struct target_break *b, bool on) {
    struct gdb_trip *trip = gdb->trip;
    size_t i = 0;
    if (!trip) return 0;
    while (i < trip->n_breaks && !is_there(gdb, i, b)) i++;
    const bool found = i < trip->n_breaks;
    if (!on && found) trip->breaks[i] = trip->breaks[--trip->n_breaks];
    if (!on || found) return 0;
    if (trip->n_breaks == GDB_TRIP_BREAKS) return -ENOSPC;
    trip->breaks[trip->n_breaks].pid = gdb->pid;
    trip->breaks[trip->n_breaks++].it = *b;
    return 0;
}

/* The session ends here and goes on in the next machine, which answers. */
static void set_out(struct gdb *gdb) {
    struct gdb_trip *trip = gdb->trip;
    trip->no_ack = gdb->no_ack;
    trip->multiprocess = gdb->multiprocess;
    trip->swbreak = gdb->swbreak;
    trip->catches = gdb->catches;
    trip->run_tid = gdb->run_tid;
    trip->is_under_way = gdb->is_over = gdb->sends_no_reply = true;
}

static void reply_begin(struct gdb *gdb) {
    gdb->stop.kind = TARGET_HISTORY_BEGINS;
    gdb_reply_stop(gdb);
}

static bool can_go_back(struct gdb *gdb) {
    if (!gdb->trip) gdb_error(gdb, -EOPNOTSUPP); /* a live machine has no past */
    return gdb->trip;
}

void packet_step_back(struct gdb *gdb, struct cursor *c) {
    const int tid = gdb->run_tid == TARGET_ALL ? gdb->tid : gdb->run_tid;
    if (!can_go_back(gdb)) return;
    const uint64_t retired = target_retired(gdb->target, tid);
    if (retired == 0 || retired == UINT64_MAX) {
        reply_begin(gdb);
        return;
    }
    gdb->trip->kind = TRIP_SEEK;
    gdb->trip->point = (struct target_point){tid, retired - 1};
    gdb->trip->reason = TARGET_STEPPED;
    set_out(gdb);
}

void packet_continue_back(struct gdb *gdb, struct cursor *c) {
    if (!can_go_back(gdb)) return;
    const uint64_t now = target_time(gdb->target);
    if (now == 0) {
        reply_begin(gdb);
        return;
    }
    gdb->trip->kind = gdb->trip->n_breaks ? TRIP_SCAN : TRIP_BEGIN;
    gdb->trip->until = now;
    gdb->trip->reason = TARGET_HISTORY_BEGINS;
    set_out(gdb);
}

/* --- The copies of the process --- */

static int run_machine(const struct gdb_player *player, struct gdb_trip *trip, struct target *target, int in, int out) {
    struct target_break breaks[GDB_TRIP_BREAKS], hit;
    struct target_point last;
    struct target_stop stop;
    for (size_t i = 0; i < trip->n_breaks; i++) breaks[i] = trip->breaks[i].it;
    const bool is_scan = trip->is_under_way && trip->kind == TRIP_SCAN;
    if (trip->is_under_way && trip->kind == TRIP_SEEK) target_seek(target, &trip->point);
    if (is_scan) target_scan(target, trip->until, breaks, trip->n_breaks, &last, &hit);
    if (player->start(target, player->arg)) return -1;
    if (!is_scan) {
        gdb_serve(target, in, out, trip);
        return 0;
    }
    while (target_wait(target, -1, &stop) <= 0) continue;
    trip->kind = last.tid ? TRIP_SEEK : TRIP_BEGIN;
    trip->point = last;
    trip->reason = !last.tid ? TARGET_HISTORY_BEGINS : hit.size ? TARGET_WATCH_CHANGED : TARGET_BREAKPOINT;
    trip->address = last.tid ? hit.address : 0;
    return 0;
}

int gdb_serve_replay(const struct gdb_player *player, int in, int out) {
    struct gdb_trip *trip = host_branch_shared(sizeof *trip);
    int status = 0;
    if (!trip) return -ENOMEM;
    do {
        const int64_t id = host_branch(true);
        if (id == 0) {
            struct target *target = player->make(player->arg, trip->is_under_way);
            host_branch_end(target && run_machine(player, trip, target, in, out) == 0 ? 0 : 1);
        }
        status = id < 0 ? (int)id : host_branch_wait(id);
    } while (trip->is_under_way && status == 0);
    return status;
}
