/* SPDX-License-Identifier: ISC */
/* Letting threads go on, and letting go of processes. */
#include "debugger/gdb/internal.h"

#include "base/error.h"

/* One of c, s, CSIG, SSIG, rSTART,END, t. */
static bool read_action(struct cursor *c, struct target_order *order) {
    uint64_t number;
    if (c->at == c->end) return false;
    switch (*c->at++) {
    case 'c': order->action = TARGET_GO; return true;
    case 's': order->action = TARGET_STEP; return true;
    case 't': order->action = TARGET_HOLD; return true;
    case 'r': order->action = TARGET_STEP; return cursor_range(c, &order->range_start, &order->range_end);
    case 'C': order->action = TARGET_GO; break;
    case 'S': order->action = TARGET_STEP; break;
    default: return false;
    }
    if (!cursor_hex(c, &number)) return false;
    order->signo = gdb_signal_from((int)(number & 0xff));
    return true;
}

static bool read_order(struct cursor *c, struct target_order *order) {
    *order = (struct target_order){.pid = TARGET_ALL, .tid = TARGET_ALL};
    return read_action(c, order) && (!cursor_take(c, ":") || cursor_thread(c, &order->pid, &order->tid));
}

void packet_cont(struct gdb *gdb, struct cursor *c) {
    struct target_order orders[TARGET_MAX_ORDERS];
    size_t n = 0;
    bool ok = true;
    while (ok && cursor_take(c, ";")) ok = n < ARRAY_LEN(orders) && read_order(c, &orders[n++]);
    if (ok && n && cursor_is_empty(c)) gdb_resume(gdb, orders, n);
    else gdb_error(gdb, -EINVAL);
}

void packet_cont_query(struct gdb *gdb, struct cursor *c) {
    text_printf(&gdb->reply, "vCont;c;C;s;S;t;r");
}

/* The old packets: the thread of Hc, or all. */
static void resume_one(struct gdb *gdb, enum target_action action) {
    const struct target_order orders[] = {
        {.pid = TARGET_ALL, .tid = action == TARGET_STEP && gdb->run_tid == TARGET_ALL ? gdb->tid : gdb->run_tid, .action = action},
        {.pid = TARGET_ALL, .tid = TARGET_ALL, .action = gdb->run_tid == TARGET_ALL ? TARGET_GO : TARGET_HOLD},
    };
    gdb_resume(gdb, orders, ARRAY_LEN(orders));
}

void packet_continue(struct gdb *gdb, struct cursor *c) {
    resume_one(gdb, TARGET_GO);
}

void packet_step(struct gdb *gdb, struct cursor *c) {
    resume_one(gdb, TARGET_STEP);
}

static int count_others(const struct target_thread *thread, void *arg) {
    const int *pid = arg;
    return thread->pid != *pid;
}

static void detach_all(struct gdb *gdb) {
    gdb_ok(gdb);
    if (!gdb->history) target_detach_all(gdb->target);
    gdb->is_over = true;
}

/* D, or D;PID. */
void packet_detach(struct gdb *gdb, struct cursor *c) {
    uint64_t pid;
    if (!cursor_take(c, ";")) {
        detach_all(gdb);
        return;
    }
    int number = cursor_hex(c, &pid) && pid <= INT32_MAX ? (int)pid : 0;
    if (!number) gdb_error(gdb, -EINVAL);
    else if (!target_each_thread(gdb->target, count_others, &number)) detach_all(gdb);
    else {
        target_detach(gdb->target, number);
        gdb_ok(gdb);
    }
}

void packet_kill(struct gdb *gdb, struct cursor *c) {
    uint64_t pid;
    if (!cursor_hex(c, &pid) || pid > INT32_MAX) {
        gdb_error(gdb, -EINVAL);
        return;
    }
    const int number = (int)pid;
    if (target_each_thread(gdb->target, count_others, (void *)(uintptr_t)&number)) {
        gdb_error(gdb, target_kill(gdb->target, number));
        return;
    }
    gdb_ok(gdb);
    gdb->is_over = true;
}

/* There is no answer to this one. */
void packet_kill_all(struct gdb *gdb, struct cursor *c) {
    gdb->sends_no_reply = gdb->is_over = true;
}
