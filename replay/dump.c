/* SPDX-License-Identifier: ISC */
/* Walks entries by their kinds' parts; believes none of them. */
#include "replay/dump.h"

#include "replay/private.h"

#include <inttypes.h>
#include <string.h>

struct walk {
    const uint8_t *at, *end;
    bool good;
    FILE *out;
};

static const uint8_t *take(struct walk *walk, uint64_t n) {
    const uint8_t *bytes = walk->at;
    if (n > (uint64_t)(walk->end - walk->at)) {
        walk->good = false;
        return NULL;
    }
    walk->at += n;
    return bytes;
}

static uint64_t number(struct walk *walk) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        const uint8_t *digit = take(walk, 1);
        if (!digit) return 0;
        value |= (uint64_t)(*digit & 0x7f) << shift;
        if (!(*digit & 0x80)) return value;
    }
    walk->good = false;
    return 0;
}

static uint32_t check(struct walk *walk) {
    uint32_t value = 0;
    const uint8_t *bytes = take(walk, sizeof value);
    if (bytes) memcpy(&value, bytes, sizeof value);
    return value;
}

static void dump_filled(struct walk *walk) {
    enum { SHOWN = 32 };
    const uint64_t n = number(walk);
    const uint8_t *bytes = take(walk, n);
    if (!bytes) return;
    fprintf(walk->out, "  filled %" PRIu64 " \"", n);
    for (uint64_t i = 0; i < n && i < SHOWN; i++) {
        if (bytes[i] >= ' ' && bytes[i] < 127 && bytes[i] != '"' && bytes[i] != '\\') fputc(bytes[i], walk->out);
        else fprintf(walk->out, "\\x%02x", bytes[i]);
    }
    fprintf(walk->out, "\"%s\n", n > SHOWN ? "..." : "");
}

static void dump_contents(struct walk *walk) {
    const uint64_t size = number(walk);
    const uint64_t pieces = size / TRACE_PIECE + (size % TRACE_PIECE != 0);
    if (pieces <= (uint64_t)(walk->end - walk->at)) take(walk, pieces * sizeof(struct trace_key));
    else walk->good = false;
    fprintf(walk->out, " of %" PRIu64 " bytes", size);
}

static void dump_backing(struct walk *walk) {
    const int64_t r = digits_to_signed(number(walk));
    fprintf(walk->out, "map_file -> %" PRId64, r);
    if (r >= 0) {
        fprintf(walk->out, " file %" PRIu64, number(walk));
        if (number(walk)) dump_contents(walk);
        fprintf(walk->out, " seals 0x%" PRIx64, number(walk));
    }
    fputc('\n', walk->out);
}

static void dump_wrote(struct walk *walk) {
    const uint64_t file = number(walk);
    fprintf(walk->out, "  wrote");
    if (file) fprintf(walk->out, " file %" PRIu64 " at %" PRId64, file - 1, digits_to_signed(number(walk)));
    fprintf(walk->out, " check 0x%08x\n", check(walk));
}

static void dump_state(struct walk *walk) {
    const uint64_t changed = number(walk);
    fprintf(walk->out, "system call");
    for (unsigned i = 0; i < STATE_REGISTERS; i++) {
        if (changed >> i & 1) fprintf(walk->out, " %s%+" PRId64, i == STATE_RETIRED ? "retired" : session_state_name(i), digits_to_signed(number(walk)));
    }
    if (changed >> STATE_REST & 1) fprintf(walk->out, " vectors 0x%08x", check(walk));
    fputc('\n', walk->out);
}

static void dump_entry(struct walk *walk, unsigned kind) {
    switch (kind) {
    case ENTRY_FILLED: dump_filled(walk); break;
    case ENTRY_WROTE: dump_wrote(walk); break;
    case ENTRY_CHANGED:
        fprintf(walk->out, "  changed file %" PRIu64, number(walk));
        dump_contents(walk);
        fputc('\n', walk->out);
        break;
    case ENTRY_BACKING: dump_backing(walk); break;
    case ENTRY_POST: {
        const uint64_t asked = number(walk);
        fprintf(walk->out, "signal %" PRId64 " from outside, posts asked for %" PRIu64 " times\n", digits_to_signed(number(walk)), asked);
        break;
    }
    case ENTRY_CHOICE: fprintf(walk->out, "choice %" PRIu64 "\n", number(walk)); break;
    case ENTRY_STATE: dump_state(walk); break;
    default:
        walk->good = kind > HOST_CALL_NONE && kind < HOST_CALLS;
        if (walk->good) fprintf(walk->out, "%s -> %" PRId64 "\n", host_call_name((enum host_call)kind), digits_to_signed(number(walk)));
    }
}

bool replay_dump(const uint8_t *bytes, size_t n, FILE *out) {
    struct walk walk = {.at = bytes, .end = bytes + n, .good = true, .out = out};
    while (walk.good && walk.at < walk.end) dump_entry(&walk, *walk.at++);
    return walk.good;
}
