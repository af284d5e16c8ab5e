/* SPDX-License-Identifier: ISC */
/* Between the files of debugger/gdb/. A packet's row (packets.def) names its handler, which leaves its answer in `reply`; an empty
 * answer says that the packet is not known. Whatever gdb sends is checked: it can stop the session, never the machine. */
#pragma once

#include "debugger/gdb/server.h"
#include "debugger/history.h"
#include "debugger/output.h"

#include "base/bits.h"

enum { GDB_PACKET_MAX = 0x20000, GDB_INPUT_SIZE = 0x4000, GDB_FILES = 16 };

struct file;

/* What a session of a replay hands on to the next one. */
struct gdb_luggage {
    bool no_ack, multiprocess, swbreak;
    struct target_catches catches;
    int run_tid;
};

struct gdb {
    struct target *target;   /* borrowed */
    struct history *history; /* borrowed; NULL: the machine is live */
    int in, out;             /* host descriptors; borrowed */
    uint8_t input[GDB_INPUT_SIZE];
    size_t input_at, input_end;
    struct text packet;      /* the one being handled, without frame and escapes */
    struct text reply;
    bool no_ack, is_over;
    bool is_running;         /* no answer yet to the packet that made it run */
    bool sends_no_reply;
    struct target_stop stop; /* the last one */
    struct target_catches catches;
    bool multiprocess, swbreak, hwbreak, thread_events;
    int pid, tid;            /* what g, m and such are about (Hg) */
    int run_tid;             /* what c and s are about (Hc); TARGET_ALL */
    struct text list;        /* qXfer: what is read in parts, */
    const void *list_of;     /* which object that is, */
    uint64_t list_next;      /* and where the next part begins */
    struct file *files[GDB_FILES]; /* vFile: counted */
};

/* What is left of a packet while it is read. */
struct cursor {
    const char *at, *end;
};

/* --- packet.c --- */
/* The next packet in `packet`: 1; 0: an interrupt (0x03); -E, -EPIPE at the end of input. */
int gdb_receive(struct gdb *gdb);
/* Whether an interrupt, or the end of the session, has come while the machine runs. */
bool gdb_wants_stop(struct gdb *gdb);
/* Sends `reply`. */
void gdb_send(struct gdb *gdb);

/* --- cursor.c --- */
bool cursor_take(struct cursor *c, const char *word);
bool cursor_is_empty(const struct cursor *c);
/* A number in hex. False: there is none, or it is too large. */
bool cursor_hex(struct cursor *c, uint64_t *out);
/* Pairs of hex digits, as many as there are, at most n. Returns how many bytes. */
size_t cursor_bytes(struct cursor *c, void *out, size_t n);
/* pPID.TID, pPID, TID; -1 and 0: TARGET_ALL. Without p the pid is TARGET_ALL. */
bool cursor_thread(struct cursor *c, int *pid, int *tid);
/* ADDRESS,LENGTH */
bool cursor_range(struct cursor *c, uint64_t *address, uint64_t *length);

/* --- server.c --- */
void gdb_ok(struct gdb *gdb);
/* error: -E or 0. */
void gdb_error(struct gdb *gdb, int64_t error);
void gdb_thread_name(struct gdb *gdb, struct text *text, int pid, int tid);
void gdb_resume(struct gdb *gdb, const struct target_order *orders, size_t n);

/* --- history.c --- */
/* The session is what it was before the way here, and gdb has waited for this. */
void gdb_take_up(struct gdb *gdb);
/* The session ends here and goes on there, in the next machine, which answers. */
void gdb_go(struct gdb *gdb, const struct history_trip *trip);

/* --- stop.c --- */
void gdb_reply_stop(struct gdb *gdb);
int gdb_signal_of(int signo);  /* Linux's number to gdb's */
int gdb_signal_from(int number);

/* --- registers.c --- */
void gdb_describe_registers(struct text *out);
/* "number:value;" of those that gdb wants at every stop. */
void gdb_add_expedited(struct gdb *gdb, int tid, struct text *out);

/* --- file.c --- */
void gdb_close_files(struct gdb *gdb);

#define PACKET(prefix, handler) void handler(struct gdb *gdb, struct cursor *c);
#define QUERY(prefix, handler) void handler(struct gdb *gdb, struct cursor *c);
#include "debugger/gdb/packets.def"
#undef PACKET
#undef QUERY
