/* SPDX-License-Identifier: ISC */
/* Frames: $data#checksum, escapes, acknowledgements, and the interrupt byte. */
#include "debugger/gdb/internal.h"

#include "base/error.h"
#include "host/thread.h"
#include "host/file.h"
#include "host/poll.h"

enum { INTERRUPT = 3, ESCAPE = '}', ESCAPE_BIT = 0x20, READABLE = 1, WRITABLE = 4 };

static int wait_for(int fd, short events, int64_t deadline_ns) {
    struct host_pollfd poll = {fd, events, 0};
    int r;
    do r = host_poll(&poll, 1, deadline_ns);
    while (r == -EINTR);
    return r;
}

/* Reads what there is. Returns 0 or -E. */
static int fill(struct gdb *gdb) {
    int64_t n;
    do {
        const int r = wait_for(gdb->in, READABLE, HOST_NEVER);
        if (r < 0) return r;
        n = host_file_read(gdb->in, gdb->input, sizeof gdb->input);
    } while (n == -EAGAIN || n == -EINTR);
    gdb->input_at = 0;
    gdb->input_end = n > 0 ? (size_t)n : 0;
    return n > 0 ? 0 : n < 0 ? (int)n : -EPIPE;
}

static int next_byte(struct gdb *gdb) {
    if (gdb->input_at == gdb->input_end) {
        const int r = fill(gdb);
        if (r < 0) return r;
    }
    return gdb->input[gdb->input_at++];
}

static bool write_all(struct gdb *gdb, const char *bytes, size_t n) {
    while (n > 0) {
        const int64_t done = host_file_write(gdb->out, bytes, n);
        if (done > 0) {
            bytes += done;
            n -= (size_t)done;
        } else if (done == -EAGAIN || done == -EINTR) {
            if (wait_for(gdb->out, WRITABLE, HOST_NEVER) < 0) return false;
        } else {
            return false;
        }
    }
    return true;
}

static int hex_digit(int c) {
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Behind '$'. Returns 1: good, 0: damaged, -E. */
static int take_frame(struct gdb *gdb) {
    uint8_t sum = 0;
    bool is_escaped = false, is_long = false;
    text_clear(&gdb->packet);
    for (;;) {
        const int c = next_byte(gdb);
        if (c < 0) return c;
        if (c == '#') break;
        sum = (uint8_t)(sum + c);
        if (c == ESCAPE && !is_escaped) {
            is_escaped = true;
            continue;
        }
        const char byte = (char)(is_escaped ? c ^ ESCAPE_BIT : c);
        is_escaped = false;
        is_long |= gdb->packet.size >= GDB_PACKET_MAX;
        if (!is_long) text_append(&gdb->packet, &byte, 1);
    }
    const int high = next_byte(gdb), low = high < 0 ? high : next_byte(gdb);
    if (low < 0) return low;
    if (gdb->no_ack) return !is_long && !gdb->packet.failed;
    const bool good = (hex_digit(high) << 4 | hex_digit(low)) == sum && !is_long;
    if (!write_all(gdb, good ? "+" : "-", 1)) return -EPIPE;
    return good;
}

int gdb_receive(struct gdb *gdb) {
    for (;;) {
        const int c = next_byte(gdb);
        if (c < 0) return c;
        if (c == INTERRUPT) return 0;
        const int r = c == '$' ? take_frame(gdb) : 0;
        if (r != 0) return r;
    }
}

bool gdb_wants_stop(struct gdb *gdb) {
    const int c = next_byte(gdb);
    if (c < 0) gdb->is_over = true;
    return c < 0 || c == INTERRUPT;
}

static bool must_escape(char c) {
    return c == '#' || c == '$' || c == ESCAPE || c == '*';
}

void gdb_send(struct gdb *gdb) {
    struct text frame = {0};
    uint8_t sum = 0;
    text_append(&frame, "$", 1);
    for (size_t i = 0; i < gdb->reply.size; i++) {
        const char c = gdb->reply.bytes[i], escaped[2] = {ESCAPE, (char)(c ^ ESCAPE_BIT)};
        if (must_escape(c)) text_append(&frame, escaped, 2);
        else text_append(&frame, &c, 1);
    }
    for (size_t i = 1; i < frame.size; i++) sum = (uint8_t)(sum + (uint8_t)frame.bytes[i]);
    text_printf(&frame, "#%02x", sum);
    if (frame.failed || gdb->reply.failed || !write_all(gdb, frame.bytes, frame.size)) gdb->is_over = true;
    text_fini(&frame);
}
