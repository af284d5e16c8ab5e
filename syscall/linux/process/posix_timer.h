/* SPDX-License-Identifier: ISC */
/* Per-process timers of timer_create(2). Ids are small numbers of the process. Each call takes process->lock;
 * firing happens on the machine's timer thread. */
#pragma once

#include "syscall/linux/abi/signal.h"
#include "syscall/linux/abi/time.h"
#include "syscall/linux/process/task.h"

/* event: NULL = SIGALRM to the process with the id as value. Returns 0 and *id, or -EINVAL, -EAGAIN, -ENOMEM. */
int posix_timer_create(struct task *task, int32_t clock, const struct guest_sigevent *event, int *id);
/* Times in nanoseconds; value 0 disarms. absolute: value is a reading of the clock. old may be NULL.
 * Returns 0 or -EINVAL (no such timer). */
struct posix_timer_setting {
    int64_t value_ns, interval_ns;
};
int posix_timer_set(struct task *task, int id, bool absolute, const struct posix_timer_setting *setting,
                    struct posix_timer_setting *old);
int posix_timer_get(struct task *task, int id, struct posix_timer_setting *now);
int posix_timer_overrun(struct task *task, int id);
int posix_timer_delete(struct task *task, int id);
/* exec and exit: all timers of the process go. One thread is left, or none. */
void posix_timers_end(struct process *process);
