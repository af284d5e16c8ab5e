/* SPDX-License-Identifier: ISC */
/* Going back in a replay: what gdb wants becomes a trip, and the session ends; the next one arrives there and answers. */
#include "debugger/gdb/internal.h"

#include "base/error.h"

void gdb_go(struct gdb *gdb, const struct history_trip *trip) {
    struct gdb_luggage *luggage = history_luggage(gdb->history);
    *luggage = (struct gdb_luggage){gdb->no_ack, gdb->multiprocess, gdb->swbreak, gdb->catches, gdb->run_tid};
    history_go(gdb->history, gdb->target, trip);
    gdb->is_over = gdb->sends_no_reply = true;
}

void gdb_take_up(struct gdb *gdb) {
    const struct gdb_luggage *luggage = history_luggage(gdb->history);
    const struct history_trip *trip = history_arrival(gdb->history);
    gdb->no_ack = luggage->no_ack;
    gdb->multiprocess = luggage->multiprocess;
    gdb->swbreak = luggage->swbreak;
    gdb->catches = luggage->catches;
    gdb->run_tid = luggage->run_tid;
    history_set_breaks(gdb->history, gdb->target);
    if (gdb->stop.kind == TARGET_HISTORY_ENDS) return;
    gdb->stop.kind = trip->reason;
    gdb->stop.address = trip->hit.address;
}

static void go_back(struct gdb *gdb, bool can, const struct history_trip *trip) {
    if (can) {
        gdb_go(gdb, trip);
    } else {
        gdb->stop.kind = TARGET_HISTORY_BEGINS;
        gdb_reply_stop(gdb);
    }
}

void packet_step_back(struct gdb *gdb, struct cursor *c) {
    struct history_trip trip;
    const int tid = gdb->run_tid == TARGET_ALL ? gdb->tid : gdb->run_tid;
    if (gdb->history) go_back(gdb, history_step_back(gdb->target, tid, &trip), &trip);
    else gdb_error(gdb, -EOPNOTSUPP); /* a live machine has no past */
}

void packet_continue_back(struct gdb *gdb, struct cursor *c) {
    struct history_trip trip;
    if (gdb->history) go_back(gdb, history_continue_back(gdb->history, gdb->target, &trip), &trip);
    else gdb_error(gdb, -EOPNOTSUPP);
}

static void serve(struct target *target, struct history *history, void *arg) {
    const struct gdb_replay *replay = arg;
    gdb_serve(target, replay->in, replay->out, history);
}

/* What make and start get. */
static struct target *make(void *arg, uint64_t *shown) {
    const struct gdb_replay *replay = arg;
    return replay->make(replay->arg, shown);
}

static int start(struct target *target, void *arg) {
    const struct gdb_replay *replay = arg;
    return replay->start(target, replay->arg);
}

int gdb_serve_replay(struct gdb_replay *replay) {
    const struct history_session session = {.make = make, .start = start, .serve = serve, .arg = replay,
                                            .luggage = sizeof(struct gdb_luggage), .memory = replay->memory};
    return history_run(&session);
}
