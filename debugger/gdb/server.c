/* SPDX-License-Identifier: ISC */
/* The session: a packet while the machine is stopped, a stop or an interrupt while it runs. */
#include "debugger/gdb/internal.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

static const struct row {
    const char *prefix;
    void (*handle)(struct gdb *gdb, struct cursor *c);
    bool is_query;
} rows[] = {
#define PACKET(prefix, handler) {prefix, handler, false},
#define QUERY(prefix, handler) {prefix, handler, true},
#include "debugger/gdb/packets.def"
#undef PACKET
#undef QUERY
};

void gdb_ok(struct gdb *gdb) {
    text_append(&gdb->reply, "OK", 2);
}

void gdb_error(struct gdb *gdb, int64_t error) {
    if (error >= 0) gdb_ok(gdb);
    else text_printf(&gdb->reply, "E%02x", (unsigned)-error & 0xff);
}

void gdb_thread_name(struct gdb *gdb, struct text *text, int pid, int tid) {
    if (gdb->multiprocess) text_printf(text, "p%x.", (unsigned)pid);
    text_printf(text, "%x", (unsigned)tid);
}

void gdb_resume(struct gdb *gdb, const struct target_order *orders, size_t n) {
    if (gdb->stop.kind == TARGET_HISTORY_ENDS) {
        gdb_reply_stop(gdb);
        return;
    }
    if (target_has_ended(gdb->target)) {
        gdb_error(gdb, -ESRCH);
        return;
    }
    gdb->is_running = gdb->sends_no_reply = true;
    target_catch(gdb->target, &gdb->catches);
    target_resume(gdb->target, orders, n);
}

static bool fits(const struct row *row, struct cursor *c) {
    const struct cursor whole = *c;
    if (!cursor_take(c, row->prefix)) return false;
    if (!row->is_query || cursor_is_empty(c) || strchr(":,;", *c->at)) return true;
    *c = whole;
    return false;
}

static void handle_packet(struct gdb *gdb) {
    struct cursor c = {gdb->packet.bytes, gdb->packet.bytes + gdb->packet.size};
    text_clear(&gdb->reply);
    gdb->sends_no_reply = false;
    for (size_t i = 0; gdb->packet.size && i < ARRAY_LEN(rows); i++) {
        if (!fits(&rows[i], &c)) continue;
        rows[i].handle(gdb, &c);
        break;
    }
    if (!gdb->sends_no_reply) gdb_send(gdb);
}

static void serve_stopped(struct gdb *gdb) {
    const int r = gdb_receive(gdb);
    if (r < 0) gdb->is_over = true;
    else if (r > 0) handle_packet(gdb);
}

static void show_stop(struct gdb *gdb) {
    gdb->is_running = false;
    gdb->pid = gdb->stop.pid;
    gdb->tid = gdb->stop.tid;
    text_clear(&gdb->reply);
    gdb_reply_stop(gdb);
    gdb_send(gdb);
}

static void serve_running(struct gdb *gdb) {
    const bool has_input = gdb->input_at < gdb->input_end;
    const int r = has_input ? 0 : target_wait(gdb->target, gdb->in, &gdb->stop);
    if (r > 0) show_stop(gdb);
    else if (r == 0 && gdb_wants_stop(gdb)) target_interrupt(gdb->target);
}

/* gdb is gone: so is what it debugged. */
static void end_machine(struct gdb *gdb) {
    struct target_stop stop;
    while (!target_is_stopped(gdb->target)) {
        target_interrupt(gdb->target);
        if (target_wait(gdb->target, -1, &stop) > 0) break;
    }
    target_kill_seen(gdb->target);
}

static void release(struct gdb *gdb) {
    gdb_close_files(gdb);
    text_fini(&gdb->packet);
    text_fini(&gdb->reply);
    text_fini(&gdb->list);
    free(gdb);
}

void gdb_serve(struct target *target, int in, int out, struct history *history) {
    struct gdb *gdb = calloc(1, sizeof *gdb);
    if (!gdb) return;
    *gdb = (struct gdb){.target = target, .history = history, .in = in, .out = out, .run_tid = TARGET_ALL};
    while (target_wait(target, -1, &gdb->stop) <= 0) continue;
    gdb->pid = gdb->stop.pid;
    gdb->tid = gdb->stop.tid;
    if (history && history_arrival(history)) {
        gdb_take_up(gdb);
        show_stop(gdb);
    }
    while (!gdb->is_over) {
        if (gdb->is_running) serve_running(gdb);
        else serve_stopped(gdb);
    }
    if (!history && (gdb->is_running || target_is_stopped(target))) end_machine(gdb);
    release(gdb);
}
