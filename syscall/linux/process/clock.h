/* SPDX-License-Identifier: ISC */
/* The guest's clocks, by number: the system's, and CPU time of any process or thread. Source: clock_getres(2),
 * linux 6.1 for the encoding of dynamic CPU clocks. */
#pragma once

#include "syscall/linux/abi/time.h"
#include "syscall/linux/process/task.h"

/* Nanoseconds on the clock. Returns 0 or -EINVAL (no such clock, process or thread). */
int clock_read(struct task *task, int32_t clock, int64_t *ns);
/* Nanoseconds per step of the clock. Returns 0 or -EINVAL. */
int clock_resolution(struct task *task, int32_t clock, int64_t *ns);
/* True for a clock that counts CPU time. */
bool clock_is_cpu(int32_t clock);
/* When the system clock (not a CPU clock) shows at_ns, as absolute scheduler_monotonic_ns(). */
int64_t clock_to_monotonic(const struct kernel *kernel, int32_t clock, int64_t at_ns);

/* Host deadline at which a timer on any clock should look again. For CPU clocks the earliest moment at which all
 * threads running could have used what is left. */
int64_t clock_next_look(struct process *process, struct task *task, int32_t clock, int64_t at_ns);
/* CPU clock of a process or (task not NULL) of one thread, or a system clock. */
int64_t clock_read_for(struct process *process, struct task *task, int32_t clock);
