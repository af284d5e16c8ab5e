/* SPDX-License-Identifier: ISC */
/* Points of a replay to go back to: copies of the replaying process that wait at exact points, dense near now and sparse far from it. Knows no
 * machine: places are numbers. The controller is a process without a machine; it makes the store, then copies of itself that replay, one
 * at a time (the live one). A copy that is woken leaves another one waiting in its place, and is live. All end with the controller, however
 * it ends. On a host that cannot copy processes there are none, and going back is a run from the beginning. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CHECKPOINTS = 48, CHECKPOINT_THREADS = 128 };

struct checkpoint_place {
    uint64_t time;     /* instructions that all threads had retired; the first moment of that time */
    int last_tid;      /* threads with higher numbers had not begun */
    unsigned n_threads;
    struct {
        int tid;
        uint64_t retired;
    } thread[CHECKPOINT_THREADS]; /* of those that were there; not more */
};

struct checkpoints;

/* The controller's; lasts as long as it does. memory: bytes that waiting copies may hold together. NULL without memory. */
struct checkpoints *checkpoints_new(uint64_t memory);
/* The controller: a new live copy, 0 in it; its id, or -E. It begins from the beginning. */
int64_t checkpoints_begin(struct checkpoints *checkpoints);
/* The controller: the last one, in time, that fits; -1: none does. */
int checkpoints_find(const struct checkpoints *checkpoints, bool (*fits)(const struct checkpoint_place *place, const void *arg), const void *arg);
/* The controller, when no copy is live: that one goes on. Returns its id, or -E. */
int64_t checkpoints_wake(struct checkpoints *checkpoints, int which);
uint64_t checkpoints_time(const struct checkpoints *checkpoints, int which);
/* The controller: waits for the end of the live copy, which host_branch_wait describes. */
int checkpoints_wait(struct checkpoints *checkpoints, int64_t live);

/* The live copy's only thread that matters, aside from its door: leaves a copy that waits here. Another one may have to go for that. */
enum checkpoint_taken { CHECKPOINT_REFUSED, CHECKPOINT_TAKEN, CHECKPOINT_WOKEN /* the copy that waited: some time later */ };
enum checkpoint_taken checkpoints_take(struct checkpoints *checkpoints, const struct checkpoint_place *place);
/* How many wait, and what they hold as last looked at. */
unsigned checkpoints_count(const struct checkpoints *checkpoints, uint64_t *memory);
