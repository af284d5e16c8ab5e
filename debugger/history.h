/* SPDX-License-Identifier: ISC */
/* Going back in a replay. A machine runs forwards only: so the process that has it ends, and another one, woken from a checkpoint
 * (replay/checkpoint.h) or made from the beginning of the trace, runs to the place and takes up the session. What sessions hand on lies in
 * memory that the processes share. */
#pragma once

#include "debugger/target.h"

struct history;

enum { HISTORY_BREAKS = 4096 };
enum history_kind {
    HISTORY_BEGIN, /* before the first instruction */
    HISTORY_SEEK,  /* to a point, */
    HISTORY_SCAN,  /* or the last place before `until` where something is hit */
};

/* Where to. */
struct history_trip {
    enum history_kind kind;
    struct target_point point;    /* HISTORY_SEEK */
    uint64_t until;               /* of target_time: it is before that, and not far, or, HISTORY_SCAN, the last such one */
    enum target_stop_kind reason; /* why the session thinks it is there, on arrival, */
    struct target_break hit;      /* and of what */
    bool is_single;               /* HISTORY_SCAN: only for hit, not for what the session has set */
};

struct history_session {
    /* A machine for the trace, not started, or NULL after a message. shown: goes into its options. */
    struct target *(*make)(void *arg, uint64_t *shown);
    /* Returns 0, or not 0 after a message. */
    int (*start)(struct target *target, void *arg);
    /* Debugs, from the first stop on, until the end or history_go. Runs on a thread of its own. */
    void (*serve)(struct target *target, struct history *history, void *arg);
    void *arg;       /* outlives all, as the session */
    size_t luggage;  /* bytes that sessions hand on */
    uint64_t memory; /* for checkpoints; 0: none is made */
};
/* Runs sessions until one ends without history_go. The caller's process has no other thread. Returns the status that they set, 0 unless they
 * did; if one does not end well, what host_branch_wait says; -E. */
int history_run(const struct history_session *session);

/* --- For `serve` --- */

/* Zeroed first; anything in it is as the session before left it. */
void *history_luggage(struct history *history);
/* The trip that has led here; NULL: this is the first session. */
const struct history_trip *history_arrival(const struct history *history);
/* What is to be found on the way, and what the session has set: NULL-safe, no-ops then. Return 0 or -ENOSPC. */
int history_note_break(struct history *history, const struct target_break *b, bool on);
/* The machine's breakpoints become those. */
void history_set_breaks(const struct history *history, struct target *target);
/* One instruction of the thread; to the last thing that was hit. False: the history begins here. */
bool history_step_back(struct target *target, int tid, struct history_trip *out);
bool history_continue_back(const struct history *history, struct target *target, struct history_trip *out);
/* serve returns, and the next session arrives there. */
void history_go(struct history *history, const struct target *target, const struct history_trip *trip);
/* The last time of the history, once a session has been there; 0: not known. */
uint64_t history_length(const struct history *history);
/* What history_run returns when the sessions are over. */
void history_set_status(struct history *history, int status);
/* Checkpoints that wait, and the memory that they hold. */
unsigned history_checkpoints(const struct history *history, uint64_t *memory);
