/* SPDX-License-Identifier: ISC */
/* CPU time of threads and processes, and what rusage is made from. */
#pragma once

#include "syscall/linux/process/task.h"

/* CPU time of a thread, now or when it ended; any thread may ask. */
int64_t cputime_of_task(struct task *task);
/* How much of it the kernel used, as of now. */
int64_t cputime_system_of_task(struct task *task);
/* All that is known of it since that was asked last. */
struct process_usage cputime_usage_of_task(struct task *task);
/* CPU time of all threads of a process, past and present. Takes tasks_lock. */
int64_t cputime_of_process(struct process *process);
/* Everything that the process itself has used, memory as of the last note. Takes tasks_lock. */
struct process_usage cputime_usage(struct process *process);
void cputime_add(struct process_usage *sum, const struct process_usage *more);
/* Looks at how much memory the process has now. Takes process->lock and tasks_lock, one after the other. */
void cputime_note_resident(struct process *process);
/* Counts a thread that has just left the process. Wants tasks_lock. */
void cputime_add_exited_locked(struct process *process, struct task *task);
