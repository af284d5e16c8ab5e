/* SPDX-License-Identifier: ISC */
/* Job control: stopping all threads of a process, SIGCONT, reports to the parent, orphaned process groups. */
#pragma once

#include "syscall/linux/process/task.h"

/* Has no member a parent in another group of the same session? Wants tasks_lock. */
bool stop_group_is_orphaned_locked(struct kernel *kernel, int pgid);
/* The thread took a stop signal: the whole process stops. Returns false if it may not (orphaned group) or SIGCONT or
 * SIGKILL came in between. Owner thread, no locks held. */
bool stop_begin(struct task *task, int signo);
/* Sleeps until SIGCONT or death if the process stops; otherwise returns at once. Owner thread, no locks held. */
void stop_wait(struct task *task);
/* The signal that the process is stopped by; 0: it is not. */
int stop_cause(struct task *task);
/* True when every thread has stopped and nobody has reported it. Wants signal_lock. */
bool stop_is_complete_locked(struct process *process);
/* Reports the stop to the parent. Wants tasks_lock. */
void stop_report_locked(struct process *process);
/* A process ended: groups that became orphaned and have stopped members get SIGHUP and SIGCONT. Wants tasks_lock. */
void stop_hang_up_orphans_locked(struct process *process);
