/* SPDX-License-Identifier: ISC */
/* What recording and replaying share. For replay/ only. */
#pragma once

#include "replay/session.h"

#include "host/door.h"
#include "trace/format.h"

#include <stdatomic.h>

/* The entries of a log. An entry is its kind (one byte; below HOST_CALLS: that call, with its result), then numbers: base 128, low digits
 * first; or signed ones, the sign in bit 0. */
enum entry_kind {
    ENTRY_FILLED = 200, /* n, n bytes: what the call filled */
    ENTRY_WROTE,        /* file + 1 or 0, offset if a file; check of the bytes (4 bytes) */
    ENTRY_CHANGED,      /* file, contents */
    ENTRY_BACKING,      /* result (signed), file if >= 0, 1 and contents if they are new else 0, seals */
    ENTRY_POST,         /* asked so often before, value (signed) */
    ENTRY_CHOICE,       /* answer */
    ENTRY_STATE,        /* changed registers as bits, the change of each (signed), check of the rest if bit STATE_REST (4 bytes) */
    ENTRY_NONE = 255    /* there are no more */
};
/* Contents: size, then a struct trace_key (16 bytes) for each TRACE_PIECE of it; zeros: a piece of zeros. */

enum { STATE_RIP = 16, STATE_RETIRED, STATE_REST, STATE_REGISTERS = STATE_REST };

/* What is checked at a system call. Leaves out what engines need not agree on: arithmetic flags, also where R11 has them. */
struct session_state {
    uint64_t reg[STATE_REGISTERS]; /* 16 general registers, RIP, retired instructions */
    uint32_t rest;                 /* check of vector registers, MXCSR, FS and GS bases */
};
void session_state_take(struct session_state *out, const struct cpu_state *state, uint64_t retired);
const char *session_state_name(unsigned reg);

struct session_ops {
    uint64_t (*choose)(struct session *session, const struct strategy_question *question);
    void (*at_call)(struct session *session, const struct session_state *now);
    int (*end)(struct session *session, int status);
    void (*free)(struct session *session);
};

/* Begins struct recorder and struct player. */
struct session {
    const struct session_ops *ops;
    struct host_door door;
    struct strategy strategy;
    struct strategy *inner;       /* borrowed */
    struct session_state last;
    uint64_t n_asked;             /* how often posts were asked for since the last one */
    uint64_t n_entries, n_calls;
    uint64_t *shown;              /* borrowed; NULL: all is */
    void (*on_progress)(void *arg, uint64_t at, uint64_t size); /* NULL: nobody asks */
    void *on_progress_arg;
};

uint32_t session_check(const void *bytes, size_t n);

/* Numbers in entries. */
static inline uint64_t signed_to_digits(int64_t value) {
    return ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
}

static inline int64_t digits_to_signed(uint64_t digits) {
    return (int64_t)(digits >> 1) ^ -(int64_t)(digits & 1);
}
