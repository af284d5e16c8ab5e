/* SPDX-License-Identifier: ISC */
/* Memory and breakpoints of the process that gdb looks at. */
#include "debugger/gdb/internal.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

enum { READ_MAX = GDB_PACKET_MAX / 2 - 16, WATCH = 2, WATCH_ACCESSES = 4 };

void packet_read_memory(struct gdb *gdb, struct cursor *c) {
    uint64_t address, length;
    uint8_t *bytes;
    if (!cursor_range(c, &address, &length) || !(bytes = malloc(READ_MAX))) {
        gdb_error(gdb, -EINVAL);
        return;
    }
    const int64_t n = target_read(gdb->target, gdb->pid, address, bytes, length < READ_MAX ? (size_t)length : READ_MAX);
    if (n > 0 || length == 0) text_hex(&gdb->reply, bytes, n > 0 ? (size_t)n : 0);
    else gdb_error(gdb, -EFAULT);
    free(bytes);
}

static void write_memory(struct gdb *gdb, uint64_t address, const void *bytes, size_t n) {
    const int64_t done = target_write(gdb->target, gdb->pid, address, bytes, n);
    gdb_error(gdb, done == (int64_t)n ? 0 : -EFAULT);
}

void packet_write_memory(struct gdb *gdb, struct cursor *c) {
    uint64_t address, length;
    if (!cursor_range(c, &address, &length) || !cursor_take(c, ":") || length * 2 != (uint64_t)(c->end - c->at)) {
        gdb_error(gdb, -EINVAL);
        return;
    }
    uint8_t *bytes = malloc((size_t)length + 1);
    if (bytes && cursor_bytes(c, bytes, (size_t)length) == length) write_memory(gdb, address, bytes, (size_t)length);
    else gdb_error(gdb, -EINVAL);
    free(bytes);
}

void packet_write_binary(struct gdb *gdb, struct cursor *c) {
    uint64_t address, length;
    if (!cursor_range(c, &address, &length) || !cursor_take(c, ":") || length != (uint64_t)(c->end - c->at)) gdb_error(gdb, -EINVAL);
    else write_memory(gdb, address, c->at, (size_t)length);
}

/* Where the pattern is in the memory from address on, looking at a piece and what a match may reach into behind it. */
static bool search(struct gdb *gdb, uint64_t address, uint64_t length, const struct cursor *pattern, uint64_t *found) {
    enum { PIECE = 0x10000 };
    const size_t n_pattern = (size_t)(pattern->end - pattern->at);
    uint8_t *bytes = malloc(PIECE + n_pattern);
    bool is_found = false;
    for (uint64_t at = 0; bytes && !is_found && at < length; at += PIECE) {
        const uint64_t rest = length - at, want = rest < PIECE + n_pattern - 1 ? rest : PIECE + n_pattern - 1;
        const int64_t n = target_read(gdb->target, gdb->pid, address + at, bytes, (size_t)want);
        const uint8_t *match = n > 0 ? memmem(bytes, (size_t)n, pattern->at, n_pattern) : NULL;
        is_found = match != NULL;
        if (match) *found = address + at + (uint64_t)(match - bytes);
        if (n < (int64_t)want) break;
    }
    free(bytes);
    return is_found;
}

void query_search(struct gdb *gdb, struct cursor *c) {
    uint64_t address, length, found;
    if (!cursor_hex(c, &address) || !cursor_take(c, ";") || !cursor_hex(c, &length) || !cursor_take(c, ";") || cursor_is_empty(c)) {
        gdb_error(gdb, -EINVAL);
    } else if (search(gdb, address, length, c, &found)) {
        text_printf(&gdb->reply, "1,%llx", (unsigned long long)found);
    } else {
        text_printf(&gdb->reply, "0");
    }
}

/* TYPE,ADDRESS,KIND: 0 and 1 are breakpoints, 2 to 4 watch KIND bytes for changes, reads, accesses; an empty answer says that there are no
 * others. */
static void change(struct gdb *gdb, struct cursor *c, bool on) {
    uint64_t type, address, kind;
    if (!cursor_hex(c, &type) || !cursor_take(c, ",") || !cursor_range(c, &address, &kind)) {
        gdb_error(gdb, -EINVAL);
        return;
    }
    if (type > WATCH_ACCESSES) return;
    const unsigned size = type < WATCH ? 0 : kind <= TARGET_WATCH_MAX ? (unsigned)kind : TARGET_WATCH_MAX + 1;
    const struct target_break b = {address, size, gdb->pid, type > WATCH ? (enum target_watch_kind)(type - WATCH) : TARGET_CHANGES};
    int r = target_set_break(gdb->target, &b, on);
    if (r == 0) r = history_note_break(gdb->history, &b, on);
    gdb_error(gdb, r);
}

void packet_insert(struct gdb *gdb, struct cursor *c) {
    change(gdb, c, true);
}

void packet_remove(struct gdb *gdb, struct cursor *c) {
    change(gdb, c, false);
}
