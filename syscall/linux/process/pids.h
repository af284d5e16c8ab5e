/* SPDX-License-Identifier: ISC */
/* Numbers to tasks and processes. Everything here wants kernel->tasks_lock held, unless it says otherwise. */
#pragma once

#include "syscall/linux/process/task.h"

/* A number that no task, process, group or session uses. Returns it or -EAGAIN. */
int pids_allocate_locked(struct kernel *kernel);
void pids_add_task_locked(struct task *task);
void pids_remove_task_locked(struct task *task);
/* The thread takes another number (exec by a thread that is not the leader). */
void pids_renumber_task_locked(struct task *task, int tid);
void pids_add_process_locked(struct process *process);
void pids_remove_process_locked(struct process *process);
/* Borrowed while the lock is held; NULL: none. */
struct task *pids_task_locked(struct kernel *kernel, int tid);
struct process *pids_process_locked(struct kernel *kernel, int pid);

/* All processes in the table, zombies too; the order means nothing. */
#define PIDS_FOR_EACH_PROCESS(process, kernel)                                                              \
    for (unsigned bucket_ = 0; bucket_ < KERNEL_PID_BUCKETS; bucket_++)                                     \
        for (struct process *process = pids_first_in(&(kernel)->processes_by_pid[bucket_]); process;       \
             process = pids_next_in(&(kernel)->processes_by_pid[bucket_], process))

static inline struct process *pids_at(struct list *head, struct list *node) {
    return node == head ? NULL : CONTAINER_OF(node, struct process, pid_node);
}
static inline struct process *pids_first_in(struct list *head) {
    return pids_at(head, head->next);
}
static inline struct process *pids_next_in(struct list *head, struct process *process) {
    return pids_at(head, process->pid_node.next);
}
