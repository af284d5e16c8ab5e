/* SPDX-License-Identifier: ISC */
/* The three interval timers of setitimer(2), and alarm(2), which is ITIMER_REAL. One set per process, made when first
 * used; kept over exec, not inherited by fork. */
#pragma once

#include "syscall/linux/process/task.h"

enum itimer_which { ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF, ITIMER_COUNT };

struct itimers;

struct itimer_setting {
    int64_t value_ns, interval_ns;
};

/* Returns 0, -ENOMEM. setting NULL: only reads. old may be NULL. */
int itimer_set(struct process *process, enum itimer_which which, const struct itimer_setting *setting,
               struct itimer_setting *old);
/* The process ends: nothing fires any more. */
void itimers_end(struct process *process);
void itimers_free(struct itimers *itimers);
