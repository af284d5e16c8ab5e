/* SPDX-License-Identifier: ISC */
/* Two hash tables of lists: threads by tid, processes by pid (a zombie has a pid but no thread). */
#include "syscall/linux/process/pids.h"

#include "base/error.h"

#include <stdlib.h>

static unsigned bucket_of(int number) {
    return (unsigned)number % KERNEL_PID_BUCKETS;
}

struct task *pids_task_locked(struct kernel *kernel, int tid) {
    LIST_FOR_EACH(node, &kernel->tasks_by_tid[bucket_of(tid)]) {
        struct task *task = CONTAINER_OF(node, struct task, tid_node);
        if (task_tid(task) == tid) return task;
    }
    return NULL;
}

struct process *pids_process_locked(struct kernel *kernel, int pid) {
    LIST_FOR_EACH(node, &kernel->processes_by_pid[bucket_of(pid)]) {
        struct process *process = CONTAINER_OF(node, struct process, pid_node);
        if (process->pid == pid) return process;
    }
    return NULL;
}

static bool is_group_or_session(struct kernel *kernel, int number) {
    PIDS_FOR_EACH_PROCESS(process, kernel) {
        if (process->pgid == number || process->sid == number) return true;
    }
    return false;
}

int pids_allocate_locked(struct kernel *kernel) {
    for (int tries = 0; tries < KERNEL_PID_MAX; tries++) {
        if (++kernel->last_pid >= KERNEL_PID_MAX) kernel->last_pid = KERNEL_PID_FIRST;
        const int n = kernel->last_pid;
        if (pids_task_locked(kernel, n) || pids_process_locked(kernel, n) || is_group_or_session(kernel, n)) continue;
        return n;
    }
    return -EAGAIN;
}

void pids_add_task_locked(struct task *task) {
    list_append(&task->kernel->tasks_by_tid[bucket_of(task_tid(task))], &task->tid_node);
    task->in_table = true;
    task->kernel->n_tasks++;
}

void pids_remove_task_locked(struct task *task) {
    list_remove(&task->tid_node);
    task->in_table = false;
    task->kernel->n_tasks--;
    atomic_fetch_add(&task->kernel->tasks_event, 1);
    host_futex_wake(&task->kernel->tasks_event, INT32_MAX);
}

void pids_renumber_task_locked(struct task *task, int tid) {
    list_remove(&task->tid_node);
    atomic_store(&task->tid, tid);
    list_append(&task->kernel->tasks_by_tid[bucket_of(tid)], &task->tid_node);
}

void pids_add_process_locked(struct process *process) {
    list_append(&process->kernel->processes_by_pid[bucket_of(process->pid)], &process->pid_node);
}

void pids_remove_process_locked(struct process *process) {
    list_remove(&process->pid_node);
}

struct task *task_find(struct kernel *kernel, int tid) {
    host_mutex_lock(&kernel->tasks_lock);
    struct task *task = pids_task_locked(kernel, tid);
    if (task) task_get(task);
    host_mutex_unlock(&kernel->tasks_lock);
    return task;
}

struct process *process_find(struct kernel *kernel, int pid) {
    host_mutex_lock(&kernel->tasks_lock);
    struct process *process = pids_process_locked(kernel, pid);
    if (process) process_get(process);
    host_mutex_unlock(&kernel->tasks_lock);
    return process;
}

static struct process *first_from_locked(struct kernel *kernel, int from) {
    struct process *best = NULL;
    PIDS_FOR_EACH_PROCESS(process, kernel) {
        if (process->pid >= from && (!best || process->pid < best->pid)) best = process;
    }
    return best;
}

int process_for_each(struct kernel *kernel, int (*cb)(struct process *process, void *arg), void *arg) {
    int from = 0, r = 0;
    while (r == 0) {
        host_mutex_lock(&kernel->tasks_lock);
        struct process *process = first_from_locked(kernel, from);
        if (process) process_get(process);
        host_mutex_unlock(&kernel->tasks_lock);
        if (!process) break;
        from = process->pid + 1;
        r = cb(process, arg);
        process_put(process);
    }
    return r;
}

static struct task *first_thread_locked(struct process *process, int from) {
    struct task *best = NULL;
    LIST_FOR_EACH(node, &process->threads) {
        struct task *task = CONTAINER_OF(node, struct task, thread_node);
        if (task_tid(task) >= from && (!best || task_tid(task) < task_tid(best))) best = task;
    }
    return best;
}

int task_for_each(struct process *process, int (*cb)(struct task *task, void *arg), void *arg) {
    int from = 0, r = 0;
    while (r == 0) {
        host_mutex_lock(&process->signal_lock);
        struct task *task = first_thread_locked(process, from);
        if (task) task_get(task);
        host_mutex_unlock(&process->signal_lock);
        if (!task) break;
        from = task_tid(task) + 1;
        r = cb(task, arg);
        task_put(task);
    }
    return r;
}
