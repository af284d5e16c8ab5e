/* SPDX-License-Identifier: ISC */
/* Which threads there are, and which one is meant. */
#include "debugger/gdb/internal.h"

#include "base/error.h"

#include <string.h>

struct choice {
    int pid, tid;       /* wanted, or TARGET_ALL */
    struct target_thread found;
};

static int choose(const struct target_thread *thread, void *arg) {
    struct choice *choice = arg;
    if (choice->pid != TARGET_ALL && choice->pid != thread->pid) return 0;
    if (choice->tid != TARGET_ALL && choice->tid != thread->tid) return 0;
    choice->found = *thread;
    return 1;
}

/* HgTHREAD, HcTHREAD. */
void packet_thread(struct gdb *gdb, struct cursor *c) {
    struct choice choice;
    const bool runs = cursor_take(c, "c");
    if ((!runs && !cursor_take(c, "g")) || !cursor_thread(c, &choice.pid, &choice.tid)) {
        gdb_error(gdb, -EINVAL);
        return;
    }
    if (runs) {
        gdb->run_tid = choice.tid;
        gdb_ok(gdb);
        return;
    }
    const bool is_any = choice.pid == TARGET_ALL && choice.tid == TARGET_ALL;
    if (is_any && target_pid_of(gdb->target, gdb->stop.tid) > 0) choice.tid = gdb->stop.tid;
    const bool found = target_each_thread(gdb->target, choose, &choice);
    if (found) {
        gdb->pid = choice.found.pid;
        gdb->tid = choice.found.tid;
    }
    gdb_error(gdb, found || is_any ? 0 : -ESRCH);
}

void packet_is_alive(struct gdb *gdb, struct cursor *c) {
    struct choice choice;
    const bool ok = cursor_thread(c, &choice.pid, &choice.tid);
    gdb_error(gdb, ok && target_each_thread(gdb->target, choose, &choice) ? 0 : -ESRCH);
}

void query_thread(struct gdb *gdb, struct cursor *c) {
    text_printf(&gdb->reply, "QC");
    gdb_thread_name(gdb, &gdb->reply, gdb->pid, gdb->tid);
}

static int list(const struct target_thread *thread, void *arg) {
    struct gdb *gdb = arg;
    text_printf(&gdb->reply, gdb->reply.size ? "," : "m");
    gdb_thread_name(gdb, &gdb->reply, thread->pid, thread->tid);
    return gdb->reply.size > GDB_PACKET_MAX - 64;
}

void query_first_threads(struct gdb *gdb, struct cursor *c) {
    target_each_thread(gdb->target, list, gdb);
    if (!gdb->reply.size) text_printf(&gdb->reply, "l");
}

void query_more_threads(struct gdb *gdb, struct cursor *c) {
    text_printf(&gdb->reply, "l");
}

void query_thread_name(struct gdb *gdb, struct cursor *c) {
    struct choice choice;
    if (!cursor_take(c, ",") || !cursor_thread(c, &choice.pid, &choice.tid) || !target_each_thread(gdb->target, choose, &choice)) {
        gdb_error(gdb, -ESRCH);
        return;
    }
    text_hex(&gdb->reply, choice.found.name, strlen(choice.found.name));
}
