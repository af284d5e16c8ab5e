/* SPDX-License-Identifier: ISC */
/* The three interval timers of setitimer(2), and alarm(2), which is ITIMER_REAL. One set per process, made when first
 * used; kept over exec, not inherited by fork. */
#pragma once

#include "syscall/linux/process/task.h"

enum itimer_which { ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF, ITIMER_COUNT,
                    ITIMER_LIMIT = ITIMER_COUNT, ITIMER_ALL }; /* ITIMER_LIMIT: RLIMIT_CPU; not the guest's to set */

struct itimers;

struct itimer_setting {
    int64_t value_ns, interval_ns;
};

/* Returns 0, -ENOMEM. setting NULL: only reads. old may be NULL. */
int itimer_set(struct process *process, enum itimer_which which, const struct itimer_setting *setting,
               struct itimer_setting *old);
/* RLIMIT_CPU has changed or was inherited: SIGXCPU at the soft limit and every second from there, SIGKILL at the hard one.
 * Returns 0, -ENOMEM. */
int itimer_limit_cpu(struct process *process);
/* The process ends: nothing fires any more, and nothing can be set. */
void itimers_end(struct process *process);
void itimers_free(struct itimers *itimers);
