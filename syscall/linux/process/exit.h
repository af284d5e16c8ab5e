/* SPDX-License-Identifier: ISC */
/* The end of tasks and processes, and what parents hear of it. Source: exit(2), wait(2), linux 6.1 order of steps. */
#pragma once

#include "syscall/linux/process/task.h"

/* The last thing a task does on its host thread: robust futexes, CLEARTID, vfork's parent, files, zombie.
 * task->exit_code is its status. The task stays readable until its last count goes. */
void task_exit(struct task *task);

/* Tells a parent that a child stopped, went on or ended (code: CLD_*). Wakes wait4 and sends SIGCHLD unless the parent
 * does not want it. The caller holds tasks_lock. */
void exit_notify_parent_locked(struct process *child, int code, int status);
/* The tracer of a zombie has waited for it, or let go of it: its parent learns of the end, or has as the tracer. The caller holds
 * tasks_lock. */
void exit_release_zombie_locked(struct process *process, bool parent_knows);
/* Takes a zombie out of the tree and drops the tree's count. The caller holds tasks_lock. */
void exit_reap_locked(struct process *child);
/* The word that set_tid_address(2) or CLONE_CHILD_CLEARTID named, when the task leaves its memory: set to 0, and one waiter woken, unless
 * nobody else has that memory. */
void exit_clear_tid(struct task *task);
