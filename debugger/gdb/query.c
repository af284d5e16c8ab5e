/* SPDX-License-Identifier: ISC */
/* What both sides can do, and settings. */
#include "debugger/gdb/internal.h"

#include "base/error.h"

#include <string.h>

/* Whether the list "name;name;..." has the name. */
static bool has_feature(const struct cursor *c, const char *name) {
    const size_t n = strlen(name);
    for (const char *at = c->at; at < c->end;) {
        const char *end = memchr(at, ';', (size_t)(c->end - at));
        if (!end) end = c->end;
        if ((size_t)(end - at) == n && memcmp(at, name, n) == 0) return true;
        at = end < c->end ? end + 1 : end;
    }
    return false;
}

void query_supported(struct gdb *gdb, struct cursor *c) {
    cursor_take(c, ":");
    gdb->multiprocess = has_feature(c, "multiprocess+");
    gdb->swbreak = has_feature(c, "swbreak+");
    gdb->catches.forks = has_feature(c, "fork-events+");
    gdb->catches.vforks = has_feature(c, "vfork-events+");
    gdb->catches.execs = has_feature(c, "exec-events+");
    text_printf(&gdb->reply,
               "PacketSize=%x;QStartNoAckMode+;multiprocess+;swbreak+;vContSupported+;fork-events+;vfork-events+;exec-events+;"
               "QThreadEvents+;QCatchSyscalls+;QPassSignals+;QProgramSignals+;qXfer:features:read+;qXfer:auxv:read+;"
               "qXfer:exec-file:read+;qXfer:siginfo:read+;qXfer:siginfo:write+;qXfer:threads:read+",
               GDB_PACKET_MAX);
    if (gdb->history) text_printf(&gdb->reply, ";ReverseStep+;ReverseContinue+");
}

void set_no_ack(struct gdb *gdb, struct cursor *c) {
    gdb_ok(gdb);
    gdb->no_ack = true;
}

/* Signals that pass without a stop, separated by ';'. */
void set_pass_signals(struct gdb *gdb, struct cursor *c) {
    uint64_t number, signals = 0;
    cursor_take(c, ":");
    while (cursor_hex(c, &number)) {
        const int signo = gdb_signal_from((int)(number & 0xff));
        if (signo) signals |= sig_bit(signo);
        cursor_take(c, ";");
    }
    gdb->catches.passed_signals = signals;
    gdb_ok(gdb);
}

/* Every signal may be passed to the program. */
void set_program_signals(struct gdb *gdb, struct cursor *c) {
    gdb_ok(gdb);
}

/* 0, or 1 and numbers of system calls, each after a ';'. */
void set_catch_calls(struct gdb *gdb, struct cursor *c) {
    struct target_catches *catches = &gdb->catches;
    uint64_t number;
    cursor_take(c, ":");
    catches->calls = cursor_take(c, "1");
    catches->all_calls = catches->calls && cursor_is_empty(c);
    memset(catches->call_set, 0, sizeof catches->call_set);
    while (cursor_take(c, ";") && cursor_hex(c, &number)) {
        if (number < 64 * ARRAY_LEN(catches->call_set)) catches->call_set[number / 64] |= 1ull << (number % 64);
    }
    gdb_ok(gdb);
}

void set_thread_events(struct gdb *gdb, struct cursor *c) {
    gdb->catches.clones = gdb->catches.thread_ends = cursor_take(c, ":1");
    gdb_ok(gdb);
}

void set_non_stop(struct gdb *gdb, struct cursor *c) {
    gdb_error(gdb, cursor_take(c, ":0") ? 0 : -EOPNOTSUPP);
}

/* No symbols are wanted. */
void query_symbol(struct gdb *gdb, struct cursor *c) {
    gdb_ok(gdb);
}

/* The machine is of our making: it ends with the session. */
void query_attached(struct gdb *gdb, struct cursor *c) {
    text_printf(&gdb->reply, "0");
}

/* vRun and the like are not there. */
void packet_extended(struct gdb *gdb, struct cursor *c) {
}
