/* SPDX-License-Identifier: ISC */
/* When the carrier of a replay leaves checkpoints: on a run to nowhere every so often, by the host's clock; on a way that has a goal where
 * half of what was left is done, so that going back from there is near. For debugger/ only. */
#pragma once

#include "replay/checkpoint.h"

#include <stdint.h>

struct history;
struct target;
struct task;

struct timeline {
    struct history *history;         /* borrowed; NULL: the machine is live */
    struct checkpoints *checkpoints; /* borrowed; NULL: none are left */
    uint64_t goal;                   /* of target_time; 0: none */
    uint64_t next;                   /* when the next one is due */
    uint64_t step, seen;             /* what lies between them without a goal; the time of the last turn */
    int64_t made_ns;                 /* the last one, by the host's clock */
};

/* Before a thread's turn. Returns how many instructions it may be at most. */
int64_t timeline_before_run(struct target *target);
/* history.c: the copy that waited goes on. Carrier, aside from its door. */
void history_wake(struct target *target);
/* The carrier has got to the end. */
void history_note_length(struct history *history, uint64_t length);
